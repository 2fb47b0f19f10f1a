package dev.carillon.feed;

import dev.carillon.broker.Chain;
import dev.carillon.broker.Interest;
import dev.carillon.broker.Log;
import dev.carillon.limits.TaskQueue;
import dev.carillon.scope.Position;
import dev.carillon.scope.Tenant;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Starts the chains of joined interests at their heads. The interests of one join share a request. If it fails, each tenant gets one of its own, as the
 * broker may be unavailable for some tenants only; one that fails again is repeated by {@link #retry}. At most {@value #MAX_CONCURRENT} requests of single
 * tenants run and {@value #MAX_QUEUED} are queued; the others are left to the next retry.
 *
 * <p>Until its head is known, a chain starts with its first event: earlier losses go unnoticed, but nothing is delivered wrongly. Thread-safe; never blocks.
 */
final class ChainStarts {
    private static final Logger LOGGER = LoggerFactory.getLogger(ChainStarts.class);

    static final int MAX_CONCURRENT = 64;
    static final int MAX_QUEUED = 10_000;

    /** Starts the chains of interests that have not been left meanwhile. */
    @FunctionalInterface
    interface Start {
        void at(Tenant tenant, List<Interest> of, Map<Chain, Position> heads);
    }

    private final Log log;
    private final Predicate<Tenant> held;
    private final Start start;
    private final TaskQueue requests = new TaskQueue(MAX_CONCURRENT, MAX_QUEUED, Runnable::run);
    /** Tenants with interests whose heads are not known; bounded by the tenants of the feed. */
    private final Set<Tenant> failed = ConcurrentHashMap.newKeySet();

    /** @param held whether the feed has interests of a tenant */
    ChainStarts(Log log, Predicate<Tenant> held, Start start) {
        this.log = log;
        this.held = held;
        this.start = start;
    }

    /** The interests of one join were joined. */
    void joined(List<Interest> joined) {
        Map<Tenant, List<Interest>> tenants = joined.stream().collect(Collectors.groupingBy(Interest::tenant));
        CompletionStage<Void> _ = heads(joined).handle((heads, e) -> {
            if (e == null) {
                tenants.forEach((tenant, of) -> start.at(tenant, of, heads));
            } else if (tenants.size() == 1) {
                tenants.keySet().forEach(this::failed);
            } else {
                tenants.forEach(this::request);
            }
            return null;
        });
    }

    /** Repeats what failed for a tenant that is connected. */
    void retry(Tenant tenant, List<Interest> joined) {
        if (failed.remove(tenant)) {
            for (int from = 0; from < joined.size(); from += Log.MAX_HEADS) {
                request(tenant, joined.subList(from, Math.min(joined.size(), from + Log.MAX_HEADS)));
            }
        }
    }

    /** The tenant has no interests any more. */
    void forget(Tenant tenant) {
        failed.remove(tenant);
    }

    private void request(Tenant tenant, List<Interest> of) {
        boolean queued = requests.offer(() -> heads(of).handle((heads, e) -> {
            if (e == null) {
                start.at(tenant, of, heads);
            } else {
                LOGGER.atDebug().addKeyValue("tenant", tenant).log("heads are not known yet: {}", e.getMessage());
                failed(tenant);
            }
            return null;
        }));
        if (!queued) {
            failed(tenant);
        }
    }

    private void failed(Tenant tenant) {
        failed.add(tenant);
        if (!held.test(tenant)) {
            // Its last interest was left meanwhile.
            failed.remove(tenant);
        }
    }

    private CompletionStage<Map<Chain, Position>> heads(Collection<Interest> of) {
        try {
            return log.heads(of);
        } catch (RuntimeException e) {
            return CompletableFuture.failedFuture(e);
        }
    }
}
