package dev.carillon.mercure;

import dev.carillon.scope.Tenant;
import io.undertow.server.HttpServerExchange;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import java.util.function.Predicate;

/** Authenticates the clients that read active subscriptions. */
@FunctionalInterface
public interface SubscriptionReaders {
    /**
     * A client with a valid token.
     *
     * @param maySubscribe whether one of the token's subscribe selectors matches a topic
     */
    record Reader(Tenant tenant, Predicate<String> maySubscribe) {}

    /**
     * Returns the client that sent a request. Runs on the request's I/O thread; must not block.
     *
     * @return empty when the request has no token; fails with {@link dev.carillon.auth.RefusedException} for an invalid token
     */
    CompletionStage<Optional<Reader>> of(HttpServerExchange exchange);
}
