package dev.carillon.app;

import dev.carillon.extension.ExtensionContext;

/** A run of a job. Thread-safe. */
public interface JobRun {
    /** The name of the job. */
    String name();

    /**
     * Larger than that of every node that had the job before, and the same for all runs of one node until another has the job. A store of the application that remembers the largest can refuse what a run
     * on a node that was paused in the middle of it still sends.
     */
    long fence();

    /** Whether this node still has the job. A long run asks before each step that must not be done twice. */
    boolean isHeld();

    /** The node on which it runs. */
    ExtensionContext node();
}
