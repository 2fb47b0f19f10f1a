package dev.carillon.page.context;

import static org.assertj.core.api.Assertions.assertThat;

import dev.carillon.page.event.PageEvents;
import dev.carillon.page.task.ContextHooks;
import dev.carillon.page.task.ContextTasks;
import dev.carillon.page.view.PageMetrics;
import dev.carillon.scope.Event;
import dev.carillon.scope.Scope;
import dev.carillon.scope.Tenant;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class ContextEventsTest {
    private static final Scope A = Scope.topic("a");
    private static final Scope B = Scope.topic("b");
    private static final Event BOTH = Event.to(B, A).data("").build();

    private final ListeningNode node = new ListeningNode();
    private final ContextHooks hooks = new ContextHooks();
    private final List<String> handled = new ArrayList<>();
    private final ContextEvents events = new ContextEvents(
            new PageEvents(Tenant.DEFAULT, node),
            new ContextTasks(task -> task.run().run(), Runnable::run),
            hooks,
            new PageMetrics(new SimpleMeterRegistry(), "/", null),
            List::of);

    ContextEventsTest() {
        events.add(A::equals, event -> handled.add("event" + event.data()));
        events.join(A);
        events.start();
    }

    @Test
    void event_of_two_scopes_is_handled_while_the_page_joins_the_first_of_them() {
        events.add(B::equals, event -> {});
        node.onListen(scope -> events.event(A, BOTH, "1"));

        events.join(B);
        assertThat(handled).containsExactly("event");

        events.event(B, BOTH, "1");
        assertThat(handled).as("once").hasSize(1);
    }

    @Test
    void event_of_two_scopes_is_handled_while_the_page_leaves_the_first_of_them() {
        events.add(B::equals, event -> {});
        events.join(B);

        // The subscription of A is ahead of that of B.
        events.event(A, BOTH, "1");
        events.leave(B);
        events.event(B, BOTH, "1");

        assertThat(handled).containsExactly("event");
    }

    @Test
    void handler_has_the_events_of_its_scope_in_order_although_another_subscription_is_ahead() {
        events.add(B::equals, event -> handled.add("other"));
        events.join(B);

        events.event(B, BOTH, "2");
        events.event(A, Event.to(A).data("1").build(), "1");
        events.event(A, BOTH, "2");

        assertThat(handled).containsExactly("other", "event1", "event");
    }

    @Test
    void handler_of_several_scopes_handles_an_event_of_two_of_them_once() {
        events.add(scope -> true, event -> handled.add("any"));
        events.join(B);

        events.event(B, BOTH, "1");
        events.event(A, BOTH, "1");

        assertThat(handled).containsExactly("any", "event");
    }
}
