package dev.carillon.client;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicLong;

/** Time that passes by pauses only, which end at once. */
class FakeTiming implements Timing {
    final List<Duration> pauses = new CopyOnWriteArrayList<>();
    private final AtomicLong keys = new AtomicLong();
    private final AtomicLong nanos = new AtomicLong();

    @Override
    public long nanoTime() {
        return nanos.get();
    }

    @Override
    public void sleep(Duration time) {
        pauses.add(time);
        nanos.addAndGet(time.toNanos());
    }

    @Override
    public double random() {
        return 0;
    }

    @Override
    public String newKey() {
        return "key-" + keys.incrementAndGet();
    }

    @Override
    public Thread thread(String name, Runnable task) {
        return Thread.ofVirtual().unstarted(task);
    }
}
