package dev.carillon.lab.sticky;

import dev.carillon.lab.LabException;
import java.io.IOException;
import java.net.http.HttpClient;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.HdrHistogram.ConcurrentHistogram;
import org.HdrHistogram.Histogram;

/** The figures of one variant with one number of nodes, from all rounds. */
final class Measurement {
    private static final long MAX_MICROS = TimeUnit.SECONDS.toMicros(60);
    private static final int DIGITS = 3;

    private final NodesProcess nodes;
    private final Variant variant;
    private final HttpClient http;
    private final Histogram micros = new ConcurrentHistogram(MAX_MICROS, DIGITS);
    private final AtomicLong right = new AtomicLong();
    private NodesProcess.Used used = NodesProcess.Used.NOTHING;
    private long actions;
    private long nanos;
    private boolean exact = true;

    Measurement(NodesProcess nodes, Variant variant, HttpClient http) {
        this.nodes = nodes;
        this.variant = variant;
        this.http = http;
    }

    /** Opens tabs, lets them act, and compares what they count with the right answers. */
    void round(int tabs, int actionsPerTab) throws IOException, InterruptedException {
        List<SimulatedTab> open = new ArrayList<>();
        for (int i = 0; i < tabs; i++) {
            open.add(SimulatedTab.open(http, home(i), variant.base()));
        }
        NodesProcess.Used before = nodes.used();
        long begin = System.nanoTime();
        List<Long> counts = new ArrayList<>();
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Future<Long>> running = new ArrayList<>();
            for (int i = 0; i < tabs; i++) {
                int tab = i;
                running.add(threads.submit(() -> act(open.get(tab), tab, actionsPerTab)));
            }
            for (Future<Long> each : running) {
                counts.add(each.get());
            }
        } catch (ExecutionException e) {
            throw LabException.failed("a request to the nodes failed: " + e.getCause());
        }
        nanos += System.nanoTime() - begin;
        used = used.plus(nodes.used().minus(before));
        actions += (long) tabs * actionsPerTab;
        for (int i = 0; i < tabs; i++) {
            exact &= open.get(i).count(home(i)) == counts.get(i);
        }
    }

    private int home(int tab) {
        return nodes.port(tab % nodes.count());
    }

    /** @return number of right answers */
    private long act(SimulatedTab tab, int number, int times) throws IOException, InterruptedException {
        long answers = 0;
        for (int i = 0; i < times; i++) {
            int port = variant.isSticky()
                    ? home(number)
                    : nodes.port(ThreadLocalRandom.current().nextInt(nodes.count()));
            long begin = System.nanoTime();
            if (tab.act(port)) {
                answers++;
            }
            micros.recordValue(Math.min(MAX_MICROS, TimeUnit.NANOSECONDS.toMicros(System.nanoTime() - begin)));
        }
        right.addAndGet(answers);
        return answers;
    }

    StickyResult.Row row() {
        return new StickyResult.Row(
                nodes.count(),
                variant,
                actions,
                right.get(),
                exact,
                actions * 1e9 / nanos,
                micros.getValueAtPercentile(50),
                micros.getValueAtPercentile(99),
                used.cpuMillis() * 1e3 / actions,
                used.storeOperations() / actions,
                used.storeBytes() / actions,
                used.calls() / actions);
    }
}
