package dev.carillon.page;

/** A timer of {@link Page#every}. Thread-safe. */
public interface PageTimer {
    /** Stops the timer; a run in progress ends. May be called by the run itself, and again. */
    void stop();
}
