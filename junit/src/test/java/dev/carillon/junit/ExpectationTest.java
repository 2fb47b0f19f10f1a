package dev.carillon.junit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.carillon.broker.Appended;
import dev.carillon.scope.Event;
import dev.carillon.scope.Position;
import dev.carillon.scope.Scope;
import dev.carillon.testkit.Patience;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class ExpectationTest {
    private static final Duration SHORT = Duration.ofMillis(1);

    private final Recording recording = new Recording(System::nanoTime);
    private final Broadcasts broadcasts = new Broadcasts(recording);

    private void broadcast(String id, Event.Draft event) {
        recording.add(event.build(), new Appended(Position.NONE, id, false));
    }

    @Test
    void broadcast_with_all_properties_is_found() throws InterruptedException {
        broadcast(
                "a",
                Event.to(Scope.user("42"), Scope.topic("orders")).type("order").json("{\"id\":7, \"n\":[1]}"));

        RecordedBroadcast found = broadcasts
                .expect(Scope.user("42"))
                .type("order")
                .json("{\"n\":[1],\"id\":7}")
                .data("{\"id\":7, \"n\":[1]}")
                .id("a")
                .tenant("default")
                .where("that is private", Event::isPrivate)
                .once();

        assertThat(found.id()).isEqualTo("a");
        broadcasts.expect(Scope.user("43")).never();
    }

    @Test
    void broadcast_of_another_thread_is_awaited() throws InterruptedException {
        Thread.ofVirtual().start(() -> broadcast("a", Event.to(Scope.GLOBAL).data("x")));

        assertThat(broadcasts.expectAny().within(Patience.LIMIT).once().id()).isEqualTo("a");
    }

    @Test
    void failure_lists_what_was_broadcast_instead_and_why_it_does_not_match() {
        broadcast("a", Event.to(Scope.topic("orders")).type("order").data("x"));
        broadcast("b", Event.to(Scope.user("42")).type("invoice").data("y"));
        broadcast("c", Event.to(Scope.user("42")).type("order").data("z".repeat(1_000)));

        assertThatThrownBy(() -> broadcasts
                        .expect(Scope.user("42"))
                        .type("order")
                        .data("x")
                        .within(SHORT)
                        .once())
                .isInstanceOf(AssertionError.class)
                .hasMessage(
                        "expected 1 broadcast to user:42 of type \"order\" with data \"x\" within 1 ms, but there was none. Broadcast were:\n"
                                + "  - topic:orders, type \"order\", data \"x\" (another scope)\n"
                                + "  - user:42, type \"invoice\", data \"y\" (another type)\n"
                                + "  - user:42, type \"order\", data \"" + "z".repeat(200)
                                + "…\" (1000 characters) (other data)");
    }

    @Test
    void failure_says_that_nothing_was_broadcast() {
        assertThatThrownBy(() -> broadcasts.expectAny().within(SHORT).times(2))
                .hasMessage("expected 2 broadcasts within 1 ms, but there was none. Nothing was broadcast.");
    }

    @Test
    void more_broadcasts_than_expected_are_a_failure() {
        broadcast("a", Event.to(Scope.GLOBAL).data("x"));
        broadcast("b", Event.to(Scope.GLOBAL).data("x"));

        assertThatThrownBy(() -> broadcasts.expect(Scope.GLOBAL).once())
                .hasMessageStartingWith(
                        "expected 1 broadcast to global within 5000 ms, but there were 2. Broadcast were:\n")
                .hasMessageContaining("(matches)");
        assertThatThrownBy(() -> broadcasts.expect(Scope.GLOBAL).never())
                .hasMessageStartingWith("expected no broadcast to global, but there were 2.");
    }

    @Test
    void list_of_a_failure_and_the_recording_are_bounded() {
        for (int i = 0; i < Recording.MAX_BROADCASTS + 5; i++) {
            broadcast("id" + i, Event.to(Scope.GLOBAL).data("x"));
        }

        assertThat(broadcasts.all()).hasSize(Recording.MAX_BROADCASTS);
        assertThatThrownBy(
                        () -> broadcasts.expectAny().type("order").within(SHORT).once())
                .hasMessageContaining("… 9985 earlier ones\n")
                .message()
                .hasLineCount(22);
    }

    @Test
    void repeated_broadcast_and_events_of_the_node_are_not_recorded() {
        recording.add(Event.to(Scope.GLOBAL).data("x").build(), new Appended(Position.NONE, "a", true));
        recording.add(
                Event.presence(dev.carillon.scope.Tenant.DEFAULT, Scope.topic("a"), false, true, "{}"),
                new Appended(Position.NONE, "b", false));

        assertThat(broadcasts.all()).isEmpty();
    }
}
