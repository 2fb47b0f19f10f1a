package dev.carillon.client;

import java.time.Duration;
import java.util.UUID;
import java.util.concurrent.ThreadLocalRandom;

/** That of the process. */
final class SystemTiming implements Timing {
    @Override
    public long nanoTime() {
        return System.nanoTime();
    }

    @Override
    public void sleep(Duration time) throws InterruptedException {
        Thread.sleep(time);
    }

    @Override
    public double random() {
        return ThreadLocalRandom.current().nextDouble();
    }

    @Override
    public String newKey() {
        return UUID.randomUUID().toString();
    }

    @Override
    public Thread thread(String name, Runnable task) {
        return Thread.ofVirtual().name(name).unstarted(task);
    }
}
