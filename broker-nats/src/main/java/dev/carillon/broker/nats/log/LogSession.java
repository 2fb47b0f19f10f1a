package dev.carillon.broker.nats.log;

import dev.carillon.base.Platform;
import dev.carillon.base.Threads;
import dev.carillon.broker.BrokerOptions;
import dev.carillon.broker.nats.connection.Failures;
import dev.carillon.broker.nats.connection.NatsSession;
import dev.carillon.broker.nats.connection.SharedRequest;
import dev.carillon.scope.Tenant;
import io.nats.client.Connection;
import io.nats.client.Dispatcher;
import io.nats.client.api.StreamInfo;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/** A session with the logs that were opened and checked on its connection, and with their retained events. */
public final class LogSession extends NatsSession {
    private static final int OPENING_AT_ONCE = 16;
    private static final long CHECK_MILLIS = 1_000;
    /** Clients invent ids. */
    private static final int MAX_SHARED_LOOKUPS = 1_000;

    private final TenantLogs logs;
    private final Map<Tenant, Opening> openings = new ConcurrentHashMap<>();
    private final Semaphore opening = new Semaphore(OPENING_AT_ONCE);
    private final Threads threads;
    /** Runs requests that callers share. */
    private final Executor shared;

    private final ScheduledExecutorService timer;
    private final RetainedEvents retained;
    /** By the subject of an id; forgotten when there are {@value #MAX_SHARED_LOOKUPS}. */
    private final Map<String, SharedRequest<Optional<List<IdIndex.Note>>>> lookups = new ConcurrentHashMap<>();
    /** By stream, as many as there are logs. */
    private final Map<String, SharedRequest<Optional<StreamInfo>>> infos = new ConcurrentHashMap<>();

    public LogSession(
            Connection connection,
            TenantLogs logs,
            Dispatcher live,
            Dispatcher watches,
            BrokerOptions options,
            Platform platform) {
        super(connection, live, watches, options, platform);
        this.logs = logs;
        this.threads = platform.threads();
        this.timer = platform.timer();
        this.shared = threads.each("carillon-nats-shared");
        this.retained = new RetainedEvents(this, shared);
    }

    public RetainedEvents retained() {
        return retained;
    }

    LastSeen lastSeen() {
        return logs.lastSeen();
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

    /**
     * The state of a stream at some time after this call. Callers share requests: thousands of clients that resume at once would otherwise ask for
     * it several times each, and the server answers such requests one after another.
     */
    CompletableFuture<Optional<StreamInfo>> info(String stream) {
        return infos.computeIfAbsent(stream, s -> new SharedRequest<>(() -> api().await(api().info(s)), shared))
                .next();
    }

    /** The notes of an id at some time after this call. Callers share requests: all clients of a scope resume after the same event. */
    CompletableFuture<Optional<List<IdIndex.Note>>> fewNotes(
            String subject, Callable<Optional<List<IdIndex.Note>>> request) {
        if (lookups.size() >= MAX_SHARED_LOOKUPS) {
            lookups.clear();
        }
        return lookups.computeIfAbsent(subject, s -> new SharedRequest<>(request, shared))
                .next();
    }

    /**
     * As {@link #confirm()}; in a cluster, the servers that lead the logs have processed the subscriptions too, so that they send what is appended from
     * now on.
     */
    CompletableFuture<Boolean> confirm(Set<Tenant> tenants) {
        if (api().replicas() == 1) {
            return confirm();
        }
        CompletableFuture<?>[] all = tenants.stream().map(this::reach).toArray(CompletableFuture<?>[]::new);
        return confirm().thenCombine(CompletableFuture.allOf(all), (ok, x) -> ok);
    }

    private CompletableFuture<Boolean> reach(Tenant tenant) {
        return log(tenant)
                .thenCompose(log -> api().reach(log.subject(TenantLogs.REACHED)).exceptionallyCompose(e -> {
                    if (!Failures.isNoStream(e)) {
                        return CompletableFuture.failedFuture(e);
                    }
                    forget(log);
                    // Opening it again reaches it.
                    return log(tenant).thenApply(again -> true);
                }));
    }

    /** Runs the task with the tenant's log or with the failure: at once, or in the order of the calls once the log is open. */
    void whenOpen(Tenant tenant, BiConsumer<@Nullable TenantLog, @Nullable Throwable> task) {
        openings.computeIfAbsent(tenant, Opening::new).run(task);
    }

    /** Forgets a log whose stream was replaced: the next use checks it again. */
    void forget(TenantLog log) {
        openings.computeIfPresent(log.tenant(), (t, opening) -> opening.isOf(log) ? null : opening);
    }

    /** Checks a log that may have lost events: at once, and each second until a check that began afterwards has an answer. */
    void check(Tenant tenant) {
        openings.computeIfPresent(tenant, (t, opening) -> opening.log == null ? opening : null);
        whenOpen(tenant, (log, e) -> {
            if (log != null && lastSeen().unresolved(tenant, log.epoch())) {
                // It was being opened before.
                checkLater(tenant);
            }
        });
    }

    private void checkLater(Tenant tenant) {
        var _ = timer.schedule(
                () -> {
                    if (alive() && lastSeen().unresolved(tenant)) {
                        check(tenant);
                    }
                },
                CHECK_MILLIS,
                TimeUnit.MILLISECONDS);
    }

    /** Opens one tenant's log. Waiting tasks run in order, because the broadcasts of one caller must keep theirs. */
    private final class Opening {
        private final Tenant tenant;
        private final Queue<BiConsumer<@Nullable TenantLog, @Nullable Throwable>> tasks = new ArrayDeque<>();
        /** Written under the lock; read without it by {@link #isOf}, which is called under a lock of {@link #openings}. */
        private volatile @Nullable TenantLog log;

        private boolean begun;

        Opening(Tenant tenant) {
            this.tenant = tenant;
        }

        boolean isOf(TenantLog other) {
            return other.equals(log);
        }

        synchronized void run(BiConsumer<@Nullable TenantLog, @Nullable Throwable> task) {
            TenantLog open = log;
            if (open != null) {
                task.accept(open, null);
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
                if (lastSeen().unresolved(tenant)) {
                    checkLater(tenant);
                }
            }
            log = found;
            while (!tasks.isEmpty()) {
                tasks.remove().accept(found, e);
            }
        }
    }
}
