package dev.carillon.spring;

import java.time.Duration;

/** Threads, pauses and randomness of the emitters. */
interface EmitterRuntime {
    /** Runs a task, which may block, on a thread of its own. */
    void start(String name, Runnable task);

    void sleep(Duration duration) throws InterruptedException;

    /** A random duration. */
    Duration between(Duration least, Duration most);
}
