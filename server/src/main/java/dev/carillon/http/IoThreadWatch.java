package dev.carillon.http;

import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import java.util.stream.IntStream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.xnio.XnioIoThread;
import org.xnio.XnioWorker;

/**
 * Measures how late the I/O threads of a server run their tasks, and logs what blocks one. Every {@link #PERIOD} each thread receives one short task,
 * unless it has not yet run the one before. A thread whose task waits for {@link #BLOCKED} is blocked: its stack names the handler. So a handler
 * that blocks for {@code BLOCKED + PERIOD} is always found, and a shorter one sometimes.
 */
final class IoThreadWatch implements AutoCloseable {
    static final Duration PERIOD = Duration.ofMillis(50);
    static final Duration BLOCKED = Duration.ofMillis(100);
    /** A thread that can run and has used less processor time than this since it was late waits for a processor. */
    private static final Duration MIN_CPU = Duration.ofMillis(10);

    static final Duration LOG_INTERVAL = Duration.ofSeconds(10);

    private static final Logger LOGGER = LoggerFactory.getLogger(IoThreadWatch.class);
    /** Packages of the JDK and of libraries: a frame of them does not name the handler. */
    private static final List<String> LIBRARIES = List.of(
            "java.",
            "javax.",
            "jdk.",
            "sun.",
            "com.sun.",
            "io.undertow.",
            "org.xnio.",
            "org.jboss.",
            "org.slf4j.",
            "ch.qos.logback.",
            "io.micrometer.",
            "io.prometheus.",
            "com.fasterxml.jackson.",
            "com.github.benmanes.caffeine.",
            "io.jsonwebtoken.",
            "io.lettuce.",
            "io.netty.",
            "io.nats.");
    /** Methods in which an idle thread waits for its sockets. */
    private static final List<String> POLLING = List.of("sun.nio.ch.EPoll", "sun.nio.ch.KQueue", "sun.nio.ch.WEPoll");

    private final LongSupplier nanoTime;
    private final Timer lag;
    private final List<Watched> threads;
    private final ScheduledExecutorService timer;
    private volatile int blocked;

    // Accessed by the thread of the timer only.
    private long lastNanos;
    private long loggedNanos;
    private long suppressed;

    /** @param timer used by this object alone, which shuts it down */
    IoThreadWatch(XnioWorker worker, MeterRegistry registry, ScheduledExecutorService timer, LongSupplier nanoTime) {
        this(
                IntStream.range(0, worker.getIoThreadCount())
                        .mapToObj(worker::getIoThread)
                        .toList(),
                registry,
                timer,
                nanoTime);
        ScheduledFuture<?> _ =
                timer.scheduleWithFixedDelay(this::tick, PERIOD.toMillis(), PERIOD.toMillis(), TimeUnit.MILLISECONDS);
    }

    /** Does not start the timer, for tests. */
    IoThreadWatch(
            List<XnioIoThread> threads, MeterRegistry registry, ScheduledExecutorService timer, LongSupplier nanoTime) {
        this.nanoTime = nanoTime;
        this.timer = timer;
        this.threads = threads.stream().map(Watched::new).toList();
        this.lastNanos = nanoTime.getAsLong();
        this.loggedNanos = lastNanos - LOG_INTERVAL.toNanos();
        this.lag = Timer.builder("carillon.io.thread.lag")
                .description("Time that a task waited for its I/O thread, measured 20 times a second for each thread")
                .serviceLevelObjectives(
                        Duration.ofMillis(1),
                        Duration.ofMillis(5),
                        Duration.ofMillis(20),
                        Duration.ofMillis(100),
                        Duration.ofMillis(500),
                        Duration.ofSeconds(2))
                .register(registry);
        Gauge.builder("carillon.io.threads.blocked", () -> blocked)
                .description("I/O threads that have run no task for more than 100 ms")
                .register(registry);
    }

    /** A thread and its task. */
    private final class Watched implements Runnable {
        private final XnioIoThread thread;
        private volatile boolean waiting;
        private volatile long sinceNanos;
        /** Processor time of the thread when its task was first found waiting; on the thread of the timer only. */
        private long cpuNanos;

        private boolean late;

        Watched(XnioIoThread thread) {
            this.thread = thread;
        }

        void send(long nowNanos) {
            sinceNanos = nowNanos;
            late = false;
            waiting = true;
            try {
                thread.execute(this);
            } catch (RejectedExecutionException e) {
                // The thread has ended, as the server stops.
                waiting = false;
            }
        }

        @Override
        public void run() {
            lag.record(nanoTime.getAsLong() - sinceNanos, TimeUnit.NANOSECONDS);
            waiting = false;
        }
    }

    void tick() {
        long now = nanoTime.getAsLong();
        // After a pause of the whole process the threads had no time to answer either.
        boolean paused = now - lastNanos > BLOCKED.toNanos();
        lastNanos = now;
        int found = 0;
        for (Watched watched : threads) {
            if (!watched.waiting) {
                watched.send(now);
            } else if (!watched.late) {
                watched.late = true;
                watched.cpuNanos = cpuNanos(watched.thread);
            } else if (!paused && now - watched.sinceNanos >= BLOCKED.toNanos()) {
                found++;
                log(watched, now, now - watched.sinceNanos);
            }
        }
        blocked = found;
    }

    private static long cpuNanos(Thread thread) {
        return ManagementFactory.getThreadMXBean().getThreadCpuTime(thread.threadId());
    }

    private void log(Watched watched, long nowNanos, long waitedNanos) {
        XnioIoThread thread = watched.thread;
        boolean runnable = thread.getState() == Thread.State.RUNNABLE;
        StackTraceElement[] stack = thread.getStackTrace();
        if (stack.length == 0 || POLLING.contains(stack[0].getClassName())) {
            // It has ended, or has just become idle.
            return;
        }
        if (runnable && !stack[0].isNativeMethod() && cpuNanos(thread) - watched.cpuNanos < MIN_CPU.toNanos()) {
            // It could run and does not: the processors are busy with other threads, and no handler is to blame.
            return;
        }
        if (nowNanos - loggedNanos < LOG_INTERVAL.toNanos()) {
            suppressed++;
            return;
        }
        LOGGER.atWarn()
                .addKeyValue("thread", thread.getName())
                .addKeyValue("millis", TimeUnit.NANOSECONDS.toMillis(waitedNanos))
                .addKeyValue("handler", handler(stack).orElse(stack[0]))
                .addKeyValue("in", stack[0])
                .addKeyValue("suppressed", suppressed)
                .log("a handler blocks an I/O thread: all connections of the thread wait");
        loggedNanos = nowNanos;
        suppressed = 0;
    }

    /** The first frame of the application or of Carillon. */
    static Optional<StackTraceElement> handler(StackTraceElement[] stack) {
        return Arrays.stream(stack)
                .filter(frame -> LIBRARIES.stream().noneMatch(frame.getClassName()::startsWith))
                .findFirst();
    }

    @Override
    public void close() {
        timer.shutdownNow();
    }
}
