package dev.carillon.lab.simulation.host;

/** Ends a thread that waits when its run is over. */
public final class EndOfRun extends Error {
    private static final long serialVersionUID = 1L;

    EndOfRun() {
        super("the run is over", null, false, false);
    }
}
