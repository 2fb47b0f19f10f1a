package dev.carillon.scope;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import org.junit.jupiter.api.Test;

class EventOfLaterReleaseTest {
    private static final Position AT = new Position(3, 4, 5);

    @Test
    void unknown_field_from_128_on_makes_an_event_unreadable() {
        byte[] later = with(EventForms.EVENT, EventForms.field(200, "only clients with a badge"));

        assertThatThrownBy(() -> EventWire.decode(later))
                .isInstanceOf(EventWire.MalformedException.class)
                .hasMessage("field 200: a later release requires that readers know it");
    }

    @Test
    void scopes_of_an_unknown_kind_are_left_out() {
        Event event = Event.to(Scope.topic("news")).data("x").build();

        assertThat(EventWire.decode(with(event, EventForms.field(6, "group:admins"))))
                .isEqualTo(new EventWire.Decoded(event, AT));
    }

    @Test
    void event_with_only_unknown_scopes_has_its_position_and_no_clients() {
        ByteArrayOutputStream later = new ByteArrayOutputStream();
        later.write(EventWire.VERSION);
        later.writeBytes(EventForms.field(1, AT.text()));
        later.writeBytes(EventForms.field(2, "acme"));
        later.writeBytes(EventForms.field(6, "group:admins"));
        later.writeBytes(EventForms.field(5, "for admins"));

        EventWire.Decoded read = EventWire.decode(later.toByteArray());

        assertThat(read.at()).isEqualTo(AT);
        assertThat(read.event().tenant()).isEqualTo(new Tenant("acme"));
        assertThat(read.event().scopes()).containsExactly(EventWire.UNKNOWN_SCOPE);
        assertThat(read.event().isPrivate()).isTrue();
        assertThat(read.event().data()).isEmpty();
    }

    @Test
    void type_that_only_a_later_node_uses_reaches_no_client() {
        ByteArrayOutputStream later = new ByteArrayOutputStream();
        later.write(EventWire.VERSION);
        later.writeBytes(EventForms.field(1, AT.text()));
        later.writeBytes(EventForms.field(6, "topic:news"));
        later.writeBytes(EventForms.field(4, "carillon.later"));
        later.writeBytes(EventForms.field(8, "\b"));

        assertThat(EventWire.decode(later.toByteArray()).event().scopes()).containsExactly(EventWire.UNKNOWN_SCOPE);
    }

    @Test
    void scope_of_no_possible_kind_makes_an_event_unreadable() {
        byte[] bytes = with(EventForms.EVENT, EventForms.field(6, "Topic:news"));

        assertThatThrownBy(() -> EventWire.decode(bytes)).isInstanceOf(EventWire.MalformedException.class);
    }

    private static byte[] with(Event event, byte[] field) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        out.writeBytes(EventWire.encode(event, AT));
        out.writeBytes(field);
        return out.toByteArray();
    }
}
