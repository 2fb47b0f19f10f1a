package dev.carillon.feed;

import dev.carillon.base.CarillonException;
import dev.carillon.broker.Channel;
import dev.carillon.broker.Interest;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Joins interests of any tenants. They share one exchange with the broker; if that fails, each tenant gets one of its own, as the broker may
 * be unavailable for some tenants only.
 */
final class JoinRequest {
    /** Receives the outcome of some of the interests. */
    @FunctionalInterface
    interface Outcome {
        /** @param failure null: they are joined */
        void of(List<Interest> some, @Nullable Throwable failure);
    }

    private final Channel channel;
    private final Outcome outcome;

    JoinRequest(Channel channel, Outcome outcome) {
        this.channel = channel;
        this.outcome = outcome;
    }

    /** Completes when all interests have an outcome; never fails. */
    CompletionStage<Void> send(List<Interest> interests) {
        return join(interests).handle((x, failure) -> failure).thenCompose(failure -> {
            Collection<List<Interest>> tenants = failure == null ? List.of() : byTenant(interests);
            if (tenants.size() <= 1) {
                outcome.of(interests, failure);
                return CompletableFuture.completedStage(null);
            }
            List<CompletableFuture<?>> ended = new ArrayList<>(tenants.size());
            for (List<Interest> some : tenants) {
                ended.add(join(some)
                        .handle((x, e) -> {
                            outcome.of(some, e);
                            return null;
                        })
                        .toCompletableFuture());
            }
            return CompletableFuture.allOf(ended.toArray(CompletableFuture<?>[]::new));
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
        } catch (CarillonException e) {
            return CompletableFuture.failedFuture(e);
        }
    }
}
