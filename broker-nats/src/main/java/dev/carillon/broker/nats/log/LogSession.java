package dev.carillon.broker.nats.log;

import dev.carillon.base.Platform;
import dev.carillon.base.Threads;
import dev.carillon.broker.nats.connection.NatsSession;
import dev.carillon.scope.Tenant;
import io.nats.client.Connection;
import io.nats.client.Dispatcher;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/** A session with the logs that were opened and checked on its connection, and with their retained events. */
public final class LogSession extends NatsSession {
    private static final int OPENING_AT_ONCE = 16;

    private final TenantLogs logs;
    private final Map<Tenant, Opening> openings = new ConcurrentHashMap<>();
    private final Semaphore opening = new Semaphore(OPENING_AT_ONCE);
    private final Threads threads;
    private final RetainedEvents retained;

    public LogSession(
            Connection connection,
            TenantLogs logs,
            Dispatcher live,
            Dispatcher watches,
            Duration timeout,
            Platform platform) {
        super(connection, live, watches, timeout, platform);
        this.logs = logs;
        this.threads = platform.threads();
        this.retained = new RetainedEvents(this, threads.each("carillon-nats-shared"));
    }

    public RetainedEvents retained() {
        return retained;
    }

    /** The tenant's log, checked in this session. */
    public CompletableFuture<TenantLog> log(Tenant tenant) {
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

    /** Runs the task with the tenant's log or with the failure: at once, or in the order of the calls once the log is open. */
    void whenOpen(Tenant tenant, BiConsumer<@Nullable TenantLog, @Nullable Throwable> task) {
        openings.computeIfAbsent(tenant, Opening::new).run(task);
    }

    /** Forgets a log whose stream was replaced: the next use checks it again. */
    void forget(TenantLog log) {
        openings.computeIfPresent(log.tenant(), (t, opening) -> opening.isOf(log) ? null : opening);
    }

    /** Opens one tenant's log. Waiting tasks run in order, because the broadcasts of one caller must keep theirs. */
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
                    String server = connection().getServerInfo().getServerId();
                    opened(logs.open(api(), server, tenant), null);
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
