package dev.carillon.mercure;

import dev.carillon.scope.Tenant;
import io.undertow.server.HttpServerExchange;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import java.util.function.Predicate;

/** Who asks for subscriptions, as the hub's authorisation knows it. */
@FunctionalInterface
public interface Viewers {
    /**
     * What a token grants.
     *
     * @param maySubscribe whether one of its subscribe selectors matches a topic
     */
    record Viewer(Tenant tenant, Predicate<String> maySubscribe) {}

    /**
     * Empty where the request has no token; fails with {@link dev.carillon.auth.RefusedException} for a bad one. Called on the request's I/O
     * thread; must not block.
     */
    CompletionStage<Optional<Viewer>> of(HttpServerExchange exchange);
}
