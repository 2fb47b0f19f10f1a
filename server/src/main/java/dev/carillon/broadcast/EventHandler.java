package dev.carillon.broadcast;

import dev.carillon.scope.Event;

/**
 * Receives events in an application. Each registration is called on a virtual thread, one call at a time, and may block; later events wait in a
 * bounded queue.
 */
@FunctionalInterface
public interface EventHandler {
    /**
     * Called for each event once, in log order over all scopes of the registration. An exception is logged and does not end the registration.
     *
     * @param id id of the event, given or generated
     */
    void event(Event event, String id);

    /** Called when events are missing between the last call and the next one. State that the application derives from events must be loaded again. */
    default void gap(Gap gap) {}

    /** Why events are missing. */
    enum Gap {
        /** The handler was too slow: its queue or the memory budget of the node was full. */
        SLOW,
        /** A missing event was found after later events had been handled. */
        LATE,
        /** The log no longer contains the events. */
        LOST,
        /** The log has begun a new epoch; events that were acknowledged last before it may be missing. */
        EPOCH
    }
}
