package dev.carillon.spring;

import java.time.Duration;
import java.util.concurrent.ThreadLocalRandom;

/** That of the process, with virtual threads. */
enum SystemRuntime implements EmitterRuntime {
    INSTANCE;

    @Override
    public void start(String name, Runnable task) {
        Thread _ = Thread.ofVirtual().name(name).start(task);
    }

    @Override
    public void sleep(Duration duration) throws InterruptedException {
        Thread.sleep(duration);
    }

    @Override
    public Duration between(Duration least, Duration most) {
        return Duration.ofMillis(ThreadLocalRandom.current().nextLong(least.toMillis(), most.toMillis() + 1));
    }
}
