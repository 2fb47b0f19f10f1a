package dev.carillon.feed;

import dev.carillon.broker.Channel;
import dev.carillon.broker.Interest;
import dev.carillon.limits.TaskQueue;
import dev.carillon.scope.Tenant;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Joins interests of any tenants. Those of connected tenants share one exchange with the broker, and so do the others. If an exchange fails, each of its
 * tenants gets one of its own, as the broker may be unavailable for some tenants only; at most {@value #MAX_CONCURRENT} of these run at once.
 */
final class JoinRequest {
    private static final Logger LOGGER = LoggerFactory.getLogger(JoinRequest.class);

    static final int MAX_CONCURRENT = 64;

    /** Receives the outcome of some of the interests. */
    @FunctionalInterface
    interface Outcome {
        /** @param failure null: they are joined */
        void of(List<Interest> some, @Nullable Throwable failure);
    }

    private final Channel channel;
    private final Predicate<Tenant> connected;
    private final Outcome outcome;

    /** @param connected whether the broker is connected for a tenant */
    JoinRequest(Channel channel, Predicate<Tenant> connected, Outcome outcome) {
        this.channel = channel;
        this.connected = connected;
        this.outcome = outcome;
    }

    /** Completes when all interests have an outcome; never fails. */
    CompletionStage<Void> send(List<Interest> interests) {
        CompletableFuture<?>[] parts = interests.stream()
                .collect(Collectors.partitioningBy(interest -> connected.test(interest.tenant())))
                .values()
                .stream()
                .filter(some -> !some.isEmpty())
                .map(some -> sendTogether(some).toCompletableFuture())
                .toArray(CompletableFuture<?>[]::new);
        return CompletableFuture.allOf(parts);
    }

    private CompletionStage<Void> sendTogether(List<Interest> interests) {
        return join(interests).handle((x, failure) -> failure).thenCompose(failure -> {
            Collection<List<Interest>> tenants = failure == null ? List.of() : byTenant(interests);
            if (tenants.size() <= 1) {
                report(interests, failure);
                return CompletableFuture.completedStage(null);
            }
            TaskQueue single = new TaskQueue(MAX_CONCURRENT, tenants.size(), Runnable::run);
            for (List<Interest> some : tenants) {
                boolean _ = single.offer(() -> join(some).handle((x, e) -> {
                    report(some, e);
                    return null;
                }));
            }
            return single.idle();
        });
    }

    private static Collection<List<Interest>> byTenant(List<Interest> interests) {
        return interests.stream()
                .collect(Collectors.groupingBy(Interest::tenant))
                .values();
    }

    private CompletionStage<Void> join(List<Interest> some) {
        try {
            return channel.join(some);
        } catch (RuntimeException e) {
            return CompletableFuture.failedFuture(e);
        }
    }

    private void report(List<Interest> some, @Nullable Throwable failure) {
        try {
            outcome.of(some, failure);
        } catch (RuntimeException e) {
            LOGGER.error("the outcome of a join could not be handled", e);
        }
    }
}
