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

/** Injects random faults with pauses between them: a single fault, or two overlapping ones of different parts. */
final class RandomFaults {
    private static final Duration PAUSE = Duration.ofSeconds(2);
    private static final Duration HEAP_EVERY = Duration.ofMinutes(1);

    private final FaultTarget target;
    private final Random random = new Random();

    RandomFaults(FaultTarget target) {
        this.target = target;
    }

    /** Blocks until the last fault is over, some time after the duration. */
    void inject(Duration duration) throws InterruptedException {
        long end = System.nanoTime() + duration.toNanos();
        long nextHeap = System.nanoTime() + HEAP_EVERY.toNanos();
        while (System.nanoTime() < end) {
            List<Fault> next = next();
            target.report(next.stream().map(Fault::description).collect(Collectors.joining("; and ")));
            injectConcurrently(next);
            if (System.nanoTime() > nextHeap) {
                nextHeap += HEAP_EVERY.toNanos();
                target.measureHeap();
            }
            Thread.sleep(random.nextLong(PAUSE.toMillis()));
        }
        // So that no missing event is the last one of its sequence.
        target.broadcastQuiet();
    }

    private List<Fault> next() {
        List<Fault> next = new ArrayList<>();
        Fault first = pick(Fault.combinable(target.cluster().hasServers()));
        next.add(first);
        if (random.nextBoolean()) {
            next.add(pick(Fault.combinable(target.cluster().hasServers()).stream()
                    .filter(fault -> fault.part() != first.part())
                    .toList()));
        }
        return next;
    }

    private Fault pick(List<Fault> faults) {
        return faults.get(random.nextInt(faults.size()));
    }

    private void injectConcurrently(List<Fault> faults) throws InterruptedException {
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Future<?>> injections = new ArrayList<>();
            for (Fault fault : faults) {
                long delay = injections.isEmpty() ? 0 : random.nextLong(PAUSE.toMillis());
                injections.add(threads.submit(() -> {
                    Thread.sleep(delay);
                    fault.inject(target);
                    return fault;
                }));
            }
            for (Future<?> one : injections) {
                Object _ = one.get();
            }
        } catch (ExecutionException e) {
            throw e.getCause() instanceof LabException known ? known : new IllegalStateException(e.getCause());
        }
    }
}
