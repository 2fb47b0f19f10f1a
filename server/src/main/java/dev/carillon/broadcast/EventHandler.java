package dev.carillon.broadcast;

import dev.carillon.scope.Event;

/**
 * Takes events in an application. For each time it is given to a node it is called on a virtual thread, one call at a time: it may block,
 * and what comes meanwhile waits in a queue with a bound.
 */
@FunctionalInterface
public interface EventHandler {
    /**
     * The next event, in log order over all the scopes that are listened to, each once. What it throws is logged and does not end the
     * listening.
     *
     * @param id the event's, given or generated
     */
    void event(Event event, String id);

    /** Events between the last one and the next one are missing. What an application keeps by events it must load anew. */
    default void gap(Gap gap) {}

    /** Why events are missing. */
    enum Gap {
        /** The handler was slow, and its queue or the node's memory budget full. */
        SLOW,
        /** One was found missing after later ones had been handled. */
        LATE,
        /** The log does not have them any more. */
        LOST,
        /** The log has begun a new epoch: what was acknowledged last before it may be missing. */
        EPOCH
    }
}
