package dev.carillon.client;

import java.time.Duration;

/** The clock, the pauses, the randomness and the threads of a client. */
interface Timing {
    long nanoTime();

    void sleep(Duration time) throws InterruptedException;

    /** From 0 to 1. */
    double random();

    /** A key that no other request has. */
    String newKey();

    /** A virtual thread, not started yet. */
    Thread thread(String name, Runnable task);
}
