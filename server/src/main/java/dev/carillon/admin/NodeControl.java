package dev.carillon.admin;

import dev.carillon.base.CarillonException;

/** What operators can request of this node. Thread-safe; never blocks. */
public interface NodeControl {
    DrainProgress progress();

    /** Begins a drain, after which the node stops. A node that drains continues its drain. */
    void drain();

    /**
     * Begins the replacement of this process by a new one.
     *
     * @throws CarillonException with {@code reload-unavailable} when this process cannot be replaced now
     */
    void reload();
}
