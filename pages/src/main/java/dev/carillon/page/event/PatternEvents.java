package dev.carillon.page.event;

import dev.carillon.scope.Event;
import dev.carillon.scope.Scope;
import dev.carillon.scope.Selector;
import dev.carillon.scope.Tenant;
import org.jspecify.annotations.Nullable;

/**
 * Events for all scopes that match a pattern. They travel to all nodes with pages as events of one scope, with the pattern before the data. Its kind is that
 * of a tab, because clients can neither join the tab of another client nor, without a grant for all tabs, broadcast to it.
 */
public final class PatternEvents {
    static final Scope CHANNEL = Scope.tab("carillon-pages");

    private PatternEvents() {}

    /** The event as it is broadcast. */
    public static Event pack(Tenant tenant, Selector pattern, @Nullable String type, String data) {
        return Event.to(CHANNEL)
                .tenant(tenant)
                .type(type)
                .data(pattern.pattern() + "\n" + data)
                .build();
    }

    static void unpack(Event packed, Iterable<EventReceiver> receivers) {
        int end = packed.data().indexOf('\n');
        if (end > 0) {
            Selector pattern = new Selector(packed.data().substring(0, end));
            // One for all of them: it may be large.
            Event event = withData(packed, packed.data().substring(end + 1));
            receivers.forEach(receiver -> receiver.event(pattern, event));
        }
    }

    private static Event withData(Event event, String data) {
        return Event.to(event.scopes())
                .tenant(event.tenant())
                .type(event.type())
                .data(data)
                .build();
    }
}
