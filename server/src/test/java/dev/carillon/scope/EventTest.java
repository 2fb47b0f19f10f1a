package dev.carillon.scope;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.carillon.base.CarillonException;
import dev.carillon.base.ErrorCode;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class EventTest {
    private static final Event FULL = Event.to(Scope.route("/a"), Scope.topic("ü"))
            .tenant(new Tenant("acme"))
            .id("i d")
            .type("t")
            .data("d\u0000🔔")
            .key("k")
            .isPrivate(true)
            .retain(true)
            .retryMillis(500L)
            .build();

    @Test
    void decoding_restores_the_encoded_event() {
        Position at = new Position(3, 4, 5);

        assertThat(EventWire.decode(EventWire.encode(FULL))).isEqualTo(new EventWire.Decoded(FULL, null));
        assertThat(EventWire.decode(EventWire.encode(FULL, at))).isEqualTo(new EventWire.Decoded(FULL, at));
        Event plain = Event.to(Scope.GLOBAL).build();
        assertThat(EventWire.decode(EventWire.encode(plain)).event()).isEqualTo(plain);
    }

    @Test
    void wire_format_does_not_change() {
        Event event = Event.to(Scope.GLOBAL).id("1").data("x").retain(true).build();

        assertThat(EventWire.encode(event, new Position(1, 2, 3)))
                .isEqualTo(
                        "\u0001\u0001\u00051:2:3\u0002\u0007default\u0003\u00011\u0006\u0006global\b\u0001\u0002\u0005\u0001x"
                                .getBytes(StandardCharsets.ISO_8859_1));
    }

    @Test
    void unknown_fields_are_skipped() {
        byte[] known = EventWire.encode(FULL);
        byte[] more = Arrays.copyOf(known, known.length + 5);
        more[known.length] = 99;
        more[known.length + 1] = 3;

        assertThat(EventWire.decode(more).event()).isEqualTo(FULL);
    }

    @Test
    void decoding_damaged_bytes_fails_only_as_malformed() {
        Random random = new Random(7);
        byte[] bytes = EventWire.encode(FULL, new Position(1, 2, 3));
        int malformed = 0;
        for (int i = 0; i < 20_000; i++) {
            byte[] damaged = Arrays.copyOf(bytes, random.nextInt(bytes.length + 1));
            for (int flips = random.nextInt(4); flips > 0 && damaged.length > 0; flips--) {
                damaged[random.nextInt(damaged.length)] = (byte) random.nextInt(256);
            }
            try {
                EventWire.decode(damaged);
            } catch (EventWire.MalformedException e) {
                malformed++;
            }
        }
        assertThat(malformed).isGreaterThan(10_000);
    }

    @Test
    void digests_of_different_events_differ() {
        Event other = Event.to(Scope.GLOBAL).id("1").data("y").build();
        Event one = Event.to(Scope.GLOBAL).id("1").data("x").build();

        assertThat(EventWire.digest(EventWire.encode(one)))
                .hasSize(22)
                .isEqualTo(EventWire.digest(EventWire.encode(one)))
                .isNotEqualTo(EventWire.digest(EventWire.encode(other)));
    }

    @Test
    void errors_name_the_invalid_field() {
        Event.Draft draft = Event.to(Scope.GLOBAL);
        assertThatThrownBy(() -> draft.id("a\nb").build()).hasMessageContaining("id:");
        draft.id(null);
        assertThatThrownBy(() -> draft.id("cursor:1:a").build()).hasMessageContaining("id:");
        draft.id("x".repeat(Event.MAX_ID_BYTES + 1));
        assertThatThrownBy(draft::build).hasMessage("id: must have at most 2048 bytes of UTF-8, but has 2049");
        draft.id(null).type("\r");
        assertThatThrownBy(draft::build).hasMessageContaining("type:");
        draft.type(null).data("\udc00");
        assertThatThrownBy(draft::build).hasMessageContaining("data:");
        draft.data("").retryMillis(-1L);
        assertThatThrownBy(draft::build).hasMessage("retry: must be between 0 and 2147483647 milliseconds, but is -1");
    }

    @Test
    void reserved_types_are_refused() {
        for (String type : new String[] {"carillon.", "carillon.gap", "carillon.retry", "carillon.anything"}) {
            assertThatThrownBy(() -> Event.to(Scope.GLOBAL).type(type).build())
                    .as(type)
                    .isInstanceOfSatisfying(
                            CarillonException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.INVALID_EVENT))
                    .hasMessageStartingWith("type:");
        }
        assertThat(Event.to(Scope.GLOBAL).type("carillon").build().type()).isEqualTo("carillon");
    }

    @Test
    void reserved_topics_are_refused_beside_other_scopes() {
        for (String topic : new String[] {
            "/.well-known/mercure/subscriptions/a/b", "https://hub.example/.well-known/mercure/subscriptions"
        }) {
            assertThatThrownBy(() -> Event.to(Scope.GLOBAL, Scope.topic(topic)).build())
                    .as(topic)
                    .isInstanceOfSatisfying(
                            CarillonException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.INVALID_EVENT))
                    .hasMessageStartingWith("scopes:");
        }
    }

    @Test
    void tags_readers_and_json_survive_the_wire_form() {
        Event event = Event.to(Scope.topic("a"))
                .json("{\"price\":1.10,\"of\":[null,true]}")
                .tags(Map.of("region", "eu:west", "level", ""))
                .readers(List.of("ann", "bob"))
                .build();

        Event decoded = EventWire.decode(EventWire.encode(event)).event();

        assertThat(decoded).isEqualTo(event);
        assertThat(decoded.isPrivate()).isTrue();
        assertThat(decoded.tags()).containsExactlyInAnyOrderEntriesOf(Map.of("region", "eu:west", "level", ""));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "{", "1 2", "{\"a\":1}x", "'a'", "NaN", "// c\n1", "01"})
    void data_that_is_no_json_value_is_refused_as_json(String data) {
        assertThatThrownBy(() -> Event.to(Scope.GLOBAL).json(data).build()).hasMessageStartingWith("data:");
    }

    @Test
    void tags_and_readers_are_bounded() {
        Event.Draft draft = Event.to(Scope.GLOBAL);
        assertThatThrownBy(() -> draft.tags(Map.of("a b", "c")).build()).hasMessageStartingWith("tags:");
        assertThatThrownBy(() -> draft.tags(Map.of("a", "c".repeat(257))).build())
                .hasMessageStartingWith("tags:");
        Map<String, String> many = new HashMap<>();
        for (int i = 0; i < 21; i++) {
            many.put("t" + i, "");
        }
        assertThatThrownBy(() -> draft.tags(many).build()).hasMessage("tags: must be at most 20, but are 21");
        List<String> users = new ArrayList<>();
        for (int i = 0; i <= Event.MAX_READERS; i++) {
            users.add("u" + i);
        }
        assertThatThrownBy(() -> Event.to(Scope.GLOBAL).readers(users).build()).hasMessageStartingWith("readers:");
    }

    @Test
    void reserved_topics_are_refused_alone() {
        List<Scope> scopes = List.of(Scope.topic("/.well-known/mercure/subscriptions/a/b"));

        assertThatThrownBy(() -> Event.to(scopes).isPrivate(true).build())
                .isInstanceOfSatisfying(
                        CarillonException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.INVALID_EVENT))
                .hasMessageStartingWith("scopes:");
    }

    @Test
    void announcement_is_private_and_can_be_encoded() {
        Scope scope = Scope.topic("/.well-known/mercure/subscriptions/a/b");
        Event announcement = Event.announcement(Tenant.DEFAULT, scope, "urn:uuid:1", "{}");

        assertThat(announcement.isPrivate()).isTrue();
        assertThat(EventWire.decode(EventWire.encode(announcement)).event()).isEqualTo(announcement);
    }

    @Test
    void decoding_a_stored_event_removes_reserved_topics_or_makes_it_an_announcement() {
        String reserved = "topic:/.well-known/mercure/subscriptions/a/b";

        Event mixed = EventWire.decode(inScopes("topic:pub", reserved)).event();
        Event only = EventWire.decode(inScopes(reserved)).event();

        assertThat(mixed.scopes()).containsExactly(Scope.topic("pub"));
        assertThat(mixed.isPrivate()).isFalse();
        assertThat(only).isEqualTo(Event.announcement(Tenant.DEFAULT, Scope.parse(reserved), null, "x"));
    }

    @Test
    void event_with_a_personal_scope_is_private() {
        for (Scope personal : new Scope[] {Scope.user("ann"), Scope.session("s"), Scope.tab("t")}) {
            assertThat(Event.to(personal, Scope.topic("pub")).build().isPrivate())
                    .as(personal.text())
                    .isTrue();
            assertThat(EventWire.decode(inScopes("topic:pub", personal.text()))
                            .event()
                            .isPrivate())
                    .as("stored: " + personal.text())
                    .isTrue();
        }
        assertThat(Event.to(Scope.route("/a"), Scope.topic("pub"), Scope.GLOBAL)
                        .build()
                        .isPrivate())
                .isFalse();
    }

    /** An event as stored by an earlier release: type "t", data "x", public. */
    private static byte[] inScopes(String... scopes) {
        StringBuilder bytes = new StringBuilder("\u0001\u0004\u0001t");
        for (String scope : scopes) {
            bytes.append('\u0006').append((char) scope.length()).append(scope);
        }
        return bytes.append("\u0005\u0001x").toString().getBytes(StandardCharsets.ISO_8859_1);
    }

    @Test
    void ids_with_which_no_client_can_resume_are_refused() {
        for (String id : new String[] {
            " a", "a ", "\u00a0a", "a\u2003", "earliest", "#a", "cursor:x", EventIds.of(new Position(3, 4, 0))
        }) {
            assertThatThrownBy(() -> Event.to(Scope.GLOBAL).id(id).build())
                    .as(id)
                    .isInstanceOfSatisfying(
                            CarillonException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.INVALID_EVENT))
                    .hasMessageStartingWith("id:");
        }
        for (String id : new String[] {"a b", "a#", "Earliest", "urn:uuid:018f3a5e-7b1c-7000-8000-000000000001"}) {
            assertThat(Event.to(Scope.GLOBAL).id(id).build().id()).isEqualTo(id);
        }
    }

    @Test
    void retry_is_clamped_to_100_ms_and_one_minute() {
        assertThat(Event.to(Scope.GLOBAL).retryMillis(0L).build().retryMillis()).isEqualTo(100);
        assertThat(Event.to(Scope.GLOBAL).retryMillis(1500L).build().retryMillis())
                .isEqualTo(1500);
        assertThat(Event.to(Scope.GLOBAL).retryMillis(86_400_000L).build().retryMillis())
                .isEqualTo(60_000);
    }

    @Test
    void decoding_a_stored_event_removes_reserved_values_and_clamps_retry() {
        String generated = EventIds.of(new Position(3, 4, 0));
        Event read =
                EventWire.decode(stored("carillon.gap", generated, "86400000")).event();

        assertThat(read)
                .isEqualTo(Event.to(Scope.GLOBAL).data("x").retryMillis(60_000L).build());
        assertThat(EventWire.decode(stored("t", "earliest", "5")).event())
                .isEqualTo(Event.to(Scope.GLOBAL)
                        .type("t")
                        .data("x")
                        .retryMillis(100L)
                        .build());
    }

    /** The bytes of an event of the global scope with data {@code x}. */
    private static byte[] stored(String type, String id, String retry) {
        StringBuilder out = new StringBuilder("\u0001\u0002\u0007default");
        field(out, 3, id);
        field(out, 4, type);
        field(out, 6, "global");
        field(out, 9, retry);
        field(out, 5, "x");
        return out.toString().getBytes(StandardCharsets.ISO_8859_1);
    }

    private static void field(StringBuilder out, int tag, String value) {
        out.append((char) tag).append((char) value.length()).append(value);
    }

    @Test
    void data_is_limited_in_bytes() {
        Event.Draft draft = Event.to(Scope.GLOBAL).data("ü".repeat(Event.MAX_DATA_BYTES / 2));
        assertThat(draft.build().data()).hasSize(Event.MAX_DATA_BYTES / 2);
        draft.data("ü".repeat(Event.MAX_DATA_BYTES / 2) + "x");
        assertThatThrownBy(draft::build)
                .isInstanceOfSatisfying(
                        CarillonException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.TOO_LARGE));
    }

    @Test
    void scopes_are_limited_and_the_system_scope_must_be_the_only_one() {
        assertThatThrownBy(() -> Event.to(IntStream.range(0, 101)
                                .mapToObj(i -> Scope.topic("" + i))
                                .toList())
                        .build())
                .hasMessage("scopes: must be 1 to 100 scopes, but are 101");
        assertThatThrownBy(() -> Event.to(IntStream.range(0, 70)
                                .mapToObj(i -> Scope.topic(i + "x".repeat(1000)))
                                .toList())
                        .build())
                .hasMessageContaining("65536");
        assertThatThrownBy(() -> Event.to(Scope.SYSTEM, Scope.GLOBAL).build())
                .hasMessageContaining("must be the only one");
        assertThat(Event.to(Scope.SYSTEM).tenant(new Tenant("acme")).build().tenant())
                .isEqualTo(Tenant.SYSTEM);
        assertThat(Event.to(Scope.GLOBAL, Scope.GLOBAL).build().scopes()).hasSize(1);
    }

    @Test
    void generated_ids_encode_a_position_and_other_ids_do_not() {
        Random random = new Random(1);
        for (int i = 0; i < 1_000; i++) {
            Position at = new Position(
                    random.nextLong(Position.MAX_EPOCH + 1), random.nextLong(Position.MAX_SEQUENCE + 1), 0);
            assertThat(EventIds.position(EventIds.of(at))).contains(at);
        }
        assertThat(EventIds.of(new Position(1, 2, 0)))
                .matches("urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab].*");
        assertThat(EventIds.position("urn:uuid:018f3a5e-7b1c-7000-8000-000000000001"))
                .isEmpty();
        assertThat(EventIds.position("urn:uuid:" + "z".repeat(36))).isEmpty();
        assertThat(EventIds.position("x")).isEmpty();
    }

    @Test
    void cursors_hold_a_position_and_invalid_cursors_are_refused() {
        Position at = new Position(1_700_000_000_000L, 42, 1_700_000_000_123L);

        assertThat(Cursor.parse(Cursor.of(at))).isEqualTo(at);
        assertThat(Cursor.isCursor(Cursor.of(at))).isTrue();
        for (String bad : new String[] {"cursor:2:a.b.c", "cursor:1:a.b", "cursor:1:-1.2.3", "cursor:1:!.2.3", "x"}) {
            assertThatThrownBy(() -> Cursor.parse(bad))
                    .as(bad)
                    .isInstanceOfSatisfying(
                            CarillonException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.INVALID_CURSOR));
        }
    }

    @Test
    void positions_are_ordered_by_epoch_and_then_by_sequence() {
        assertThat(new Position(2, 1, 0)).isGreaterThan(new Position(1, 9, 9));
        assertThat(new Position(2, 2, 0)).isGreaterThan(new Position(2, 1, 9));
        assertThat(Position.parse(new Position(1, 2, 3).text())).isEqualTo(new Position(1, 2, 3));
    }

    @Test
    void types_of_presence_are_refused_from_broadcasters() {
        for (String type : List.of(Event.JOIN, Event.LEAVE)) {
            assertThatThrownBy(() -> Event.to(Scope.topic("a")).type(type).build())
                    .hasMessageContaining("must not begin with \"carillon.\"");
        }
    }
}
