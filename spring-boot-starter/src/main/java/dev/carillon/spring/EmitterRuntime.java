package dev.carillon.spring;

import java.time.Duration;

/** Threads and randomness of the emitters. */
interface EmitterRuntime {
    /** Runs a task, which may block, on a thread of its own. */
    void start(String name, Runnable task);

    /** A random duration. */
    Duration between(Duration least, Duration most);
}
