package dev.carillon.spring;

import dev.carillon.client.CarillonClient;
import java.time.Duration;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.context.SmartLifecycle;
import org.springframework.web.servlet.mvc.method.annotation.SseEmitter;

/**
 * Makes emitters of server-sent events for controllers. All emitters of an application instance have their events from one connection to the cluster; each gets
 * every event of its topics and of {@code global}, once and in the order of the log, also after the client reconnected to another instance. Who may open an
 * emitter for a topic is the decision of the application. Thread-safe.
 *
 * <pre>
 *  &#64;GetMapping("/orders/events")
 *  SseEmitter orders(&#64;RequestHeader(name = "Last-Event-ID", required = false) &#64;Nullable String lastEventId) {
 *      return emitters.open(lastEventId, "orders");
 *  }
 * </pre>
 */
public final class CarillonEmitters implements SmartLifecycle, StreamHealth {
    /** Of one emitter; with {@code global} it is the limit of a read of the history. */
    public static final int MAX_TOPICS = 99;

    private static final Logger LOGGER = LoggerFactory.getLogger(CarillonEmitters.class);
    /** How long {@link #stop} waits for last bytes. */
    private static final Duration END = Duration.ofSeconds(2);

    private final CarillonClient client;
    private final CarillonProperties.Emitters limits;
    private final EmitterRuntime runtime;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition left = lock.newCondition();
    // Guarded by lock.
    private int open;
    /** Null: not started, or stopped. */
    private volatile @Nullable EmitterHub hub;

    CarillonEmitters(CarillonClient client, CarillonProperties.Emitters limits, EmitterRuntime runtime) {
        this.client = client;
        this.limits = limits;
        this.runtime = runtime;
    }

    /**
     * Opens an emitter, for a controller to return. It begins when the controller has returned it, and needs no completion
     * or error handling by the application. When the cluster is not reachable, or too many
     * emitters are open, the client is asked to come back after some seconds, and goes on where it was.
     *
     * @param lastEventId header {@code Last-Event-ID} of the request; null or empty: the client is new. If the log does not have the id any more, the client
     *     receives {@code carillon.gap}
     * @param topics 1 to {@value #MAX_TOPICS}
     */
    public SseEmitter open(@Nullable String lastEventId, String... topics) {
        Set<String> distinct = new LinkedHashSet<>(Arrays.asList(topics));
        if (distinct.isEmpty() || distinct.size() > MAX_TOPICS) {
            throw new IllegalArgumentException("topics: must be 1 to " + MAX_TOPICS + ", not " + distinct.size());
        }
        return new TakenEmitter(emitter -> begin(emitter, distinct, Objects.requireNonNullElse(lastEventId, "")));
    }

    private void begin(SseEmitter emitter, Set<String> topics, String lastEventId) {
        LiveEmitter live = new LiveEmitter(new SseOutput(emitter), topics, lastEventId, limits, runtime);
        emitter.onError(e -> live.end("client-left"));
        emitter.onCompletion(() -> live.end("client-left"));
        EmitterHub running = hub;
        if (running == null || !enter()) {
            live.refuse(running == null ? "stopping" : "overloaded");
            emitter.complete();
            return;
        }
        runtime.start("carillon-emitter", () -> {
            try {
                live.run(running);
            } catch (RuntimeException e) {
                LOGGER.error("an emitter failed", e);
            } finally {
                exit();
            }
        });
    }

    private boolean enter() {
        lock.lock();
        try {
            if (open >= limits.max()) {
                return false;
            }
            open++;
            return true;
        } finally {
            lock.unlock();
        }
    }

    private void exit() {
        lock.lock();
        try {
            open--;
            left.signalAll();
        } finally {
            lock.unlock();
        }
    }

    @Override
    public boolean isConnected() {
        EmitterHub running = hub;
        return running != null && running.isConnected();
    }

    @Override
    public int emitters() {
        lock.lock();
        try {
            return open;
        } finally {
            lock.unlock();
        }
    }

    /** For Spring: opens the connection. */
    @Override
    public void start() {
        if (hub == null) {
            hub = new EmitterHub(client, runtime);
        }
    }

    /**
     * For Spring: ends all emitters; their clients reconnect at different times. It is before the end of the web server, which would wait for the open responses.
     */
    @Override
    public void stop() {
        EmitterHub running = hub;
        hub = null;
        if (running != null) {
            running.endAll("stopping");
            awaitLeft();
            running.close();
        }
    }

    private void awaitLeft() {
        lock.lock();
        try {
            long nanos = END.toNanos();
            while (open > 0 && nanos > 0) {
                nanos = left.awaitNanos(nanos);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            lock.unlock();
        }
    }

    @Override
    public boolean isRunning() {
        return hub != null;
    }
}
