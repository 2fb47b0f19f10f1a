package dev.carillon.quota;

import dev.carillon.base.CarillonException;
import dev.carillon.base.ErrorCode;
import dev.carillon.broker.Store;
import dev.carillon.scope.Tenant;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Duration;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Limits of tenants, for the whole cluster. Once a second each node reads what the others use, computes its shares ({@link Allotment}) and publishes them
 * with its own demand, of at most {@value NodeUse#MAX_TENANTS} tenants, those with the largest demand first; the others are limited on each node alone. A node that cannot read the store uses an equal part for each node that it knew last. The record of a node that does not change any
 * more is ignored, so its shares go to the others. Thread-safe; never blocks.
 */
public final class TenantLimits {
    private static final Logger LOGGER = LoggerFactory.getLogger(TenantLimits.class);
    private static final String KIND = "tenant-use";
    private static final Duration TTL = Duration.ofSeconds(15);
    /** A record that is older counts as one of a node that has ended; a node that reads nothing for longer is cut off. */
    private static final long LEASE_NANOS = TimeUnit.SECONDS.toNanos(5);
    /** Tenants with tokens of this cluster and use within the last seconds. */
    private static final int MAX_TENANTS = 100_000;

    private static final double NANOS = TimeUnit.SECONDS.toNanos(1);

    private final TenantLimitTable table;
    private final Store store;
    private final Store.Key key;
    private final LongSupplier nanoTime;
    private final MeterRegistry registry;
    private final Map<Tenant, TenantShare> shares = new ConcurrentHashMap<>();
    private final AtomicBoolean ticking = new AtomicBoolean();
    /** What the other nodes published last. */
    private volatile List<NodeUse> others = List.of();
    // Below: used by one tick at a time.
    private final Map<String, Observation> seen = new HashMap<>();
    private long measuredNanos;
    private volatile long readNanos;

    private record Observation(long revision, long sinceNanos) {}

    /** @param nodeId names the record of this node */
    public TenantLimits(
            TenantLimitTable table, Store store, String nodeId, MeterRegistry registry, LongSupplier nanoTime) {
        this.table = table;
        this.store = store;
        this.key = new Store.Key(Tenant.SYSTEM, KIND, nodeId);
        this.registry = registry;
        this.nanoTime = nanoTime;
        this.measuredNanos = nanoTime.getAsLong();
        this.readNanos = measuredNanos;
        for (Use use : Use.values()) {
            // So that the metric is there before the first refusal.
            Counter _ = counter(use, TenantLimitTable.OTHER);
        }
    }

    /**
     * Counts a connection, which must be released by {@link #close}.
     *
     * @throws CarillonException {@code rate-limited} when the tenant has too many; then none was counted
     */
    public void open(Tenant tenant) {
        if (!isLimited(tenant)) {
            return;
        }
        requireRoom(tenant);
        boolean[] opened = new boolean[1];
        // In one step, so that the share is not removed as idle in between.
        shares.compute(tenant, (of, known) -> {
            TenantShare share = known == null ? first(of) : known;
            opened[0] = share.open();
            return share;
        });
        if (!opened[0]) {
            throw refused(tenant, Use.CONNECTIONS, "the tenant has too many connections");
        }
    }

    public void close(Tenant tenant) {
        TenantShare share = isLimited(tenant) ? shares.get(tenant) : null;
        if (share != null) {
            share.close();
        }
    }

    /** @throws CarillonException {@code rate-limited} when the tenant broadcasts too much */
    public void broadcast(Tenant tenant, int bytes) {
        if (!isLimited(tenant)) {
            return;
        }
        TenantShare share = share(tenant);
        long now = nanoTime.getAsLong();
        boolean events = share.broadcast(Use.EVENTS, 1, now);
        if (!share.broadcast(Use.BYTES, bytes, now)) {
            throw refused(tenant, Use.BYTES, "the tenant broadcasts too many bytes per second");
        }
        if (!events) {
            throw refused(tenant, Use.EVENTS, "the tenant broadcasts too many events per second");
        }
        share.take(bytes);
    }

    /** What tenants with limits use on this node, those with most connections first. */
    public List<TenantUse> uses(int max) {
        return shares.entrySet().stream()
                .map(each -> each.getValue().use(each.getKey()))
                .sorted(Comparator.comparingDouble(TenantUse::connections).reversed())
                .limit(max)
                .toList();
    }

    private CarillonException refused(Tenant tenant, Use use, String why) {
        counter(use, table.label(tenant)).increment();
        return new CarillonException(ErrorCode.RATE_LIMITED, why + "; the limit is for the whole cluster");
    }

    private Counter counter(Use use, String tenant) {
        return Counter.builder("carillon.tenant.refused")
                .description("Connections and broadcasts refused by the limits of tenants")
                .tag("tenant", tenant)
                .tag("limit", use.text())
                .register(registry);
    }

    private boolean isLimited(Tenant tenant) {
        return !table.isEmpty() && !tenant.isSideLog() && !table.limit(tenant).isNone();
    }

    private TenantShare share(Tenant tenant) {
        TenantShare known = shares.get(tenant);
        if (known != null) {
            return known;
        }
        requireRoom(tenant);
        return shares.computeIfAbsent(tenant, this::first);
    }

    private void requireRoom(Tenant tenant) {
        if (shares.size() >= MAX_TENANTS && !shares.containsKey(tenant)) {
            throw new CarillonException(ErrorCode.OVERLOADED, "the node has too many tenants");
        }
    }

    /** Begins with an equal part of what no other node holds. */
    private TenantShare first(Tenant tenant) {
        TenantLimit limit = table.limit(tenant);
        List<NodeUse> known = others;
        double[] held = new double[Use.values().length];
        for (Use use : Use.values()) {
            double free = (double) limit.of(use);
            for (NodeUse other : known) {
                free -= other.tenants().containsKey(tenant.name())
                        ? other.tenants().get(tenant.name()).held()[use.index()]
                        : 0;
            }
            held[use.index()] = Math.max(0, free) / (known.size() + 1);
        }
        return new TenantShare(limit, held, nanoTime.getAsLong());
    }

    /** Reads the use of the other nodes, computes the shares and publishes them; call it once a second. Never fails. */
    public CompletionStage<Void> tick() {
        if (table.isEmpty() || !ticking.compareAndSet(false, true)) {
            return CompletableFuture.completedFuture(null);
        }
        long now = nanoTime.getAsLong();
        double seconds = Math.max(1, now - measuredNanos) / NANOS;
        measuredNanos = now;
        shares.values().forEach(share -> share.measure(seconds));
        return store.list(Tenant.SYSTEM, KIND)
                .thenCompose(entries -> {
                    read(entries);
                    return store.put(key, use().bytes(), Store.ANY, TTL);
                })
                .<Void>thenApply(x -> null)
                .exceptionally(e -> {
                    LOGGER.atDebug().log("sharing the limits of tenants failed: {}", e.getMessage());
                    cutOff();
                    return null;
                })
                .whenComplete((x, e) -> ticking.set(false));
    }

    private void read(List<Store.Entry> entries) {
        long now = nanoTime.getAsLong();
        Map<String, NodeUse> live = new HashMap<>();
        for (Store.Entry entry : entries) {
            String id = entry.key().name();
            Observation before = seen.get(id);
            if (before == null || before.revision() != entry.revision()) {
                before = new Observation(entry.revision(), now);
                seen.put(id, before);
            }
            if (!id.equals(key.name()) && now - before.sinceNanos() <= LEASE_NANOS) {
                live.put(id, NodeUse.of(entry.value()));
            }
        }
        seen.keySet()
                .retainAll(entries.stream().map(entry -> entry.key().name()).toList());
        others = List.copyOf(live.values());
        readNanos = now;
        for (Tenant tenant : shares.keySet()) {
            shares.computeIfPresent(tenant, (of, share) -> share.isIdle() ? null : share);
        }
        shares.forEach((tenant, share) -> allot(tenant.name(), share, now));
    }

    private void allot(String tenant, TenantShare share, long now) {
        List<NodeUse> known = others;
        NodeUse.Tenant own = share.published();
        for (Use use : Use.values()) {
            double[] demands = new double[known.size() + 1];
            double[] held = new double[known.size() + 1];
            demands[0] = own.demand()[use.index()];
            held[0] = own.held()[use.index()];
            for (int i = 0; i < known.size(); i++) {
                NodeUse.Tenant other = known.get(i).tenants().get(tenant);
                if (other != null) {
                    demands[i + 1] = other.demand()[use.index()];
                    held[i + 1] = other.held()[use.index()];
                }
            }
            share.hold(use, Allotment.next((double) share.limit.of(use), demands, held, 0), now);
        }
    }

    /** Without the store for too long: an equal part for each node known last. */
    private void cutOff() {
        long now = nanoTime.getAsLong();
        if (now - readNanos <= LEASE_NANOS) {
            return;
        }
        for (TenantShare share : shares.values()) {
            for (Use use : Use.values()) {
                share.hold(use, (double) share.limit.of(use) / (others.size() + 1), now);
            }
        }
    }

    private NodeUse use() {
        Map<String, NodeUse.Tenant> tenants = new HashMap<>();
        shares.forEach((tenant, share) -> tenants.put(tenant.name(), share.published()));
        return new NodeUse(tenants);
    }
}
