package dev.carillon.broker.memory;

import dev.carillon.base.CarillonException;
import dev.carillon.base.Platform;
import dev.carillon.broker.Appended;
import dev.carillon.broker.BrokerOptions;
import dev.carillon.broker.BrokerUnavailableException;
import dev.carillon.broker.Idempotency;
import dev.carillon.broker.OverloadedException;
import dev.carillon.broker.Store;
import dev.carillon.scope.Event;
import dev.carillon.scope.Tenant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The state that brokers of one name share: logs, values and joined interests. A single thread executes all requests in order, like a
 * separate server; every node therefore sees the same order without locks. At most {@value #MAX_WAITING} requests wait; further ones fail
 * as overloaded.
 */
final class MemoryServer {
    private static final Logger LOGGER = LoggerFactory.getLogger(MemoryServer.class);
    private static final int MAX_WAITING = 100_000;
    private static final int MAX_TENANTS = 10_000;
    private static final Map<String, MemoryServer> SERVERS = new HashMap<>();

    private final String name;
    private final BrokerOptions options;
    private final InstantSource clock;
    private final ExecutorService executor;
    /** Number of open brokers. Guarded by {@link #SERVERS}. */
    private int references;

    // Below: confined to the server's thread.
    private final Map<Tenant, MemoryLog> logs = new HashMap<>();
    private final MemoryValues values;
    private final List<MemoryBroker> brokers = new ArrayList<>();

    private MemoryServer(String name, BrokerOptions options, Platform platform) {
        this.name = name;
        this.options = options;
        this.clock = platform.clock();
        this.values = new MemoryValues(platform.nanoTime());
        this.executor = platform.threads().newQueue("carillon-memory-broker", MAX_WAITING);
    }

    static MemoryServer acquire(String name, BrokerOptions options, Platform platform) {
        synchronized (SERVERS) {
            MemoryServer server = SERVERS.computeIfAbsent(name, n -> new MemoryServer(n, options, platform));
            server.references++;
            return server;
        }
    }

    void release() {
        synchronized (SERVERS) {
            if (--references == 0) {
                SERVERS.remove(name);
                executor.shutdown();
            }
        }
    }

    /** Runs a request on the server's thread. */
    <T> CompletableFuture<T> call(Supplier<T> request) {
        CompletableFuture<T> answer = new CompletableFuture<>();
        try {
            executor.execute(() -> {
                try {
                    answer.complete(request.get());
                } catch (RuntimeException e) {
                    answer.completeExceptionally(e);
                }
            });
        } catch (RejectedExecutionException e) {
            answer.completeExceptionally(
                    executor.isShutdown()
                            ? new BrokerUnavailableException("the broker is closed")
                            : new OverloadedException("more than " + MAX_WAITING + " requests wait for the broker"));
        }
        return answer;
    }

    /** Runs a task on the server's thread without reporting its outcome; has no effect when the server is closed or overloaded. */
    void execute(Runnable task) {
        CompletableFuture<Boolean> _ = call(() -> {
            task.run();
            return true;
        });
    }

    /** By the server's clock. */
    long nowMillis() {
        return clock.millis();
    }

    /** On the server's thread. */
    MemoryLog log(Tenant tenant) {
        MemoryLog log = logs.get(tenant);
        if (log == null) {
            if (logs.size() == MAX_TENANTS) {
                throw new OverloadedException("the in-memory broker has at most " + MAX_TENANTS + " tenants");
            }
            log = new MemoryLog(tenant, options, nowMillis());
            logs.put(tenant, log);
        }
        return log;
    }

    /** On the server's thread. */
    MemoryValues values() {
        return values;
    }

    /** On the server's thread. */
    void add(MemoryBroker broker) {
        brokers.add(broker);
    }

    /** On the server's thread. */
    void remove(MemoryBroker broker) {
        brokers.remove(broker);
    }

    /** On the server's thread. */
    Appended broadcast(Event event, Idempotency by) {
        MemoryLog.Entry entry = log(event.tenant()).append(event, by, nowMillis());
        if (!entry.duplicate()) {
            for (MemoryBroker broker : brokers) {
                broker.deliver(entry);
            }
        }
        return Appended.of(event, entry.at(), entry.duplicate());
    }

    /** On the server's thread. */
    void deliverChange(Store.Change change) {
        for (MemoryBroker broker : brokers) {
            broker.deliverChange(change);
        }
    }

    static void logListenerFailure(RuntimeException e) {
        if (e instanceof CarillonException) {
            LOGGER.warn("a listener of the broker failed: {}", e.getMessage());
        } else {
            LOGGER.error("a listener of the broker failed", e);
        }
    }
}
