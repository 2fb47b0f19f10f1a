package dev.carillon.page.event;

import dev.carillon.scope.Event;
import dev.carillon.scope.Scope;
import dev.carillon.scope.Selector;

/** A context with handlers of events. Called on the thread of a subscription; must not block. */
public interface EventReceiver {
    /**
     * An event of a scope that the receiver has joined; once for each such scope of the event.
     *
     * @param scope of those of the event
     * @param id of the event, the same for each scope
     */
    void event(Scope scope, Event event, String id);

    /**
     * An event for all scopes that match a pattern.
     *
     * @param event its scope has no meaning
     */
    void event(Selector pattern, Event event);

    /** Events may be missing. */
    void gap();
}
