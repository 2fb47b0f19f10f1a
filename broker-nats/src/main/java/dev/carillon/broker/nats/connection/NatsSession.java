package dev.carillon.broker.nats;

import dev.carillon.base.Platform;
import dev.carillon.base.Threads;
import dev.carillon.base.TimeLimit;
import dev.carillon.broker.BrokerUnavailableException;
import dev.carillon.scope.Tenant;
import io.nats.client.Connection;
import io.nats.client.Dispatcher;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeoutException;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/**
 * One connection from its start to its end: it is never connected again.
 *
 * <p>That is why nothing of an old connection can reach a new server: a message that jnats still holds when the connection breaks
 * is gone with it, and whatever was checked of the server's process holds for as long as the session lives.
 */
final class NatsSession {
    private static final int OPENING_AT_ONCE = 16;

    private final Connection connection;
    private final NatsApi api;
    private final TenantLogs logs;
    private final Dispatcher live;
    private final Dispatcher watches;
    private final Duration timeout;
    private final CompletableFuture<String> ended = new CompletableFuture<>();
    private final Map<Tenant, Opening> openings = new ConcurrentHashMap<>();
    private final Semaphore opening = new Semaphore(OPENING_AT_ONCE);

    private final Threads threads;
    private final Shared<Boolean> confirmation;
    private final RetainedEvents retained;
    private final PullInbox pulls;

    /** Dispatchers are made by whoever knows what to do with their messages. */
    NatsSession(
            Connection connection,
            TenantLogs logs,
            Dispatcher live,
            Dispatcher watches,
            Duration timeout,
            Platform platform) {
        this.connection = connection;
        this.api = new NatsApi(connection, new TimeLimit(timeout, platform.timer()));
        this.logs = logs;
        this.live = live;
        this.watches = watches;
        this.timeout = timeout;
        this.threads = platform.threads();
        Executor shared = threads.each("carillon-nats-shared");
        this.retained = new RetainedEvents(this, shared);
        this.confirmation = new Shared<>(this::flush, shared);
        this.pulls = new PullInbox(connection);
    }

    NatsApi api() {
        return api;
    }

    Connection connection() {
        return connection;
    }

    Dispatcher live() {
        return live;
    }

    Dispatcher watches() {
        return watches;
    }

    PullInbox pulls() {
        return pulls;
    }

    RetainedEvents retained() {
        return retained;
    }

    boolean alive() {
        return !ended.isDone();
    }

    /** Completes with the reason. */
    CompletableFuture<String> ended() {
        return ended;
    }

    /** Ends the session; what waits for an answer fails. Returns at once. */
    void end(String reason) {
        if (ended.complete(reason)) {
            pulls.end();
            threads.blocking("carillon-nats-close", () -> {
                        try {
                            connection.close();
                        } catch (InterruptedException e) {
                            Thread.currentThread().interrupt();
                        }
                    })
                    .start();
        }
    }

    /** The tenant's log, checked in this session. */
    CompletableFuture<TenantLog> log(Tenant tenant) {
        CompletableFuture<TenantLog> log = new CompletableFuture<>();
        whenOpen(tenant, (found, e) -> {
            if (found != null) {
                log.complete(found);
            } else {
                log.completeExceptionally(e == null ? new IllegalStateException("no log") : e);
            }
        });
        return log;
    }

    /** Runs the task with the tenant's log, or with the failure: at once, or in the order of the calls when it is opened. */
    void whenOpen(Tenant tenant, BiConsumer<@Nullable TenantLog, @Nullable Throwable> task) {
        openings.computeIfAbsent(tenant, Opening::new).run(task);
    }

    /** The stream turned out to be another one: check again at the next use. */
    void forget(TenantLog log) {
        openings.computeIfPresent(log.tenant(), (t, opening) -> opening.isOf(log) ? null : opening);
    }

    /** Completes when the server has taken every subscription that was sent before. */
    CompletableFuture<Boolean> confirm() {
        return confirmation.next();
    }

    private Boolean flush() throws InterruptedException, TimeoutException {
        connection.flush(timeout);
        if (!alive()) {
            throw new BrokerUnavailableException("the connection to NATS was lost");
        }
        return true;
    }

    /** One tenant's log on its way; those who wait are served in their order, as broadcasts of one caller keep theirs. */
    private final class Opening {
        private final Tenant tenant;
        private final Queue<BiConsumer<@Nullable TenantLog, @Nullable Throwable>> tasks = new ArrayDeque<>();
        private @Nullable TenantLog log;
        private boolean begun;

        Opening(Tenant tenant) {
            this.tenant = tenant;
        }

        synchronized boolean isOf(TenantLog other) {
            return other.equals(log);
        }

        synchronized void run(BiConsumer<@Nullable TenantLog, @Nullable Throwable> task) {
            if (log != null) {
                task.accept(log, null);
                return;
            }
            tasks.add(task);
            if (!begun) {
                begun = true;
                threads.blocking("carillon-nats-open", this::open).start();
            }
        }

        private void open() {
            try {
                opening.acquire();
                try {
                    String server = connection.getServerInfo().getServerId();
                    opened(logs.open(api, server, tenant), null);
                } finally {
                    opening.release();
                }
            } catch (RuntimeException e) {
                opened(null, e);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                opened(null, e);
            }
        }

        private synchronized void opened(@Nullable TenantLog found, @Nullable Throwable e) {
            if (found == null) {
                openings.remove(tenant, this);
            }
            log = found;
            while (!tasks.isEmpty()) {
                tasks.remove().accept(found, e);
            }
        }
    }
}
