package dev.carillon.page.event;

import static org.assertj.core.api.Assertions.assertThat;

import dev.carillon.scope.Event;
import dev.carillon.scope.Scope;
import dev.carillon.scope.Selector;
import dev.carillon.scope.Tenant;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class PatternEventsTest {
    private final List<Event> received = new ArrayList<>();

    private final class Receiver implements EventReceiver {
        @Override
        public void event(Scope scope, Event event, String id) {
            throw new AssertionError(scope);
        }

        @Override
        public void event(Selector pattern, Event event) {
            assertThat(pattern.pattern()).isEqualTo("topic:*");
            received.add(event);
        }

        @Override
        public void gap() {
            throw new AssertionError();
        }
    }

    @Test
    void receivers_share_one_copy_of_an_event() {
        Event packed = PatternEvents.pack(Tenant.DEFAULT, new Selector("topic:*"), "bell", "1\n2");

        PatternEvents.unpack(packed, List.of(new Receiver(), new Receiver()));

        assertThat(received)
                .hasSize(2)
                .allSatisfy(event -> assertThat(event.data()).isEqualTo("1\n2"));
        assertThat(received.get(1)).isSameAs(received.get(0));
    }
}
