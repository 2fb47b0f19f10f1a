package dev.carillon.fanout;

/** An entry of a worker's queue. */
sealed interface WorkerTask permits Frame, Sweep, WorkerTask.Action {
    /** A short action. */
    record Action(Runnable action) implements WorkerTask {}
}
