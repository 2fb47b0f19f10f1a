package dev.carillon.lab.faults;

import dev.carillon.lab.LabException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Collectors;

/** Faults at random, with pauses between them: one alone, or two that befall different parts and overlap. */
final class RandomFaults {
    private static final Duration PAUSE = Duration.ofSeconds(2);
    private static final Duration HEAP_EVERY = Duration.ofMinutes(1);

    private final FaultTarget target;
    private final Random random = new Random();

    RandomFaults(FaultTarget target) {
        this.target = target;
    }

    /** Returns when the last has ended, some time after the duration. */
    void strike(Duration duration) throws InterruptedException {
        long end = System.nanoTime() + duration.toNanos();
        long nextHeap = System.nanoTime() + HEAP_EVERY.toNanos();
        while (System.nanoTime() < end) {
            List<Fault> next = next();
            target.say(next.stream().map(Fault::meaning).collect(Collectors.joining("; and ")));
            together(next);
            if (System.nanoTime() > nextHeap) {
                nextHeap += HEAP_EVERY.toNanos();
                target.measureHeap();
            }
            Thread.sleep(random.nextLong(PAUSE.toMillis()));
        }
        // Of the events that are missing there none is the last.
        target.broadcastQuiet();
    }

    private List<Fault> next() {
        List<Fault> next = new ArrayList<>();
        Fault first = pick(Fault.singles());
        next.add(first);
        if (random.nextBoolean()) {
            next.add(pick(Fault.singles().stream()
                    .filter(fault -> fault.part() != first.part())
                    .toList()));
        }
        return next;
    }

    private Fault pick(List<Fault> faults) {
        return faults.get(random.nextInt(faults.size()));
    }

    private void together(List<Fault> faults) throws InterruptedException {
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Future<?>> striking = new ArrayList<>();
            for (Fault fault : faults) {
                long delay = striking.isEmpty() ? 0 : random.nextLong(PAUSE.toMillis());
                striking.add(threads.submit(() -> {
                    Thread.sleep(delay);
                    fault.strike(target);
                    return fault;
                }));
            }
            for (Future<?> one : striking) {
                Object _ = one.get();
            }
        } catch (ExecutionException e) {
            throw e.getCause() instanceof LabException known ? known : new IllegalStateException(e.getCause());
        }
    }
}
