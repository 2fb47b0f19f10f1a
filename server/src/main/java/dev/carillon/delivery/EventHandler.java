package dev.carillon.delivery;

import dev.carillon.scope.Event;

/**
 * Takes the events of one scope in an application. Called on a virtual thread, one call at a time: it may block, and what comes meanwhile
 * waits in a queue with a bound.
 */
@FunctionalInterface
public interface EventHandler {
    /**
     * The next event, in log order among those of one tenant, each once. An exception is logged and does not end the listening.
     *
     * @param id by which a client resumes, given or generated
     */
    void event(Event event, String id);

    /** Events before the next one, or the last one, are missing. What an application keeps by events it must load anew. */
    default void gap(Gap gap) {}

    /** Why events are missing. */
    enum Gap {
        /** The handler was slow and its queue full. */
        SLOW,
        /** One was found missing after later ones had been handled. */
        LATE,
        /** The log does not have them any more. */
        LOST,
        /** The log has begun a new epoch: what was acknowledged last before it may be missing. */
        EPOCH
    }
}
