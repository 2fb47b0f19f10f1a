package dev.carillon.admin;

import dev.carillon.auth.Authorizer;
import dev.carillon.auth.Grants;
import dev.carillon.base.CarillonException;
import dev.carillon.base.ErrorCode;
import dev.carillon.base.Platform;
import dev.carillon.http.Parameters;
import dev.carillon.http.Requests;
import dev.carillon.scope.Event;
import dev.carillon.scope.Selector;
import dev.carillon.scope.Tenant;
import dev.carillon.tail.Tail;
import dev.carillon.tail.Tails;
import io.undertow.server.HttpHandler;
import io.undertow.server.HttpServerExchange;
import io.undertow.util.Headers;
import io.undertow.util.HttpString;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * {@code GET /admin/tail?scope=…&tenant=…}: the events of a tenant as they pass, as an event stream. {@code scope} is a pattern and may be repeated; by default all
 * scopes. Data of private events is shown only where the client's token in the header {@code Carillon-Read-Token} has a read grant.
 */
public final class TailHandler implements HttpHandler {
    static final String ROUTE = "/admin/tail";

    private static final String SCOPE = "scope";
    private static final int MAX_SCOPES = 20;
    private static final HttpString READ_TOKEN = new HttpString("Carillon-Read-Token");
    private static final Parameters PARAMETERS = Parameters.of(List.of(SCOPE, "tenant"), Map.of());

    private final Tails tails;
    private final Authorizer authorizer;
    private final InstantSource clock;
    private final Executor writers;

    public TailHandler(Tails tails, Authorizer authorizer, Platform platform) {
        this.tails = tails;
        this.authorizer = authorizer;
        this.clock = platform.clock();
        this.writers = platform.threads().each("carillon-tail");
    }

    @Override
    public void handleRequest(HttpServerExchange exchange) {
        PARAMETERS.check(exchange);
        Tenant tenant = WhyHandler.tenant(exchange);
        List<Selector> scopes = scopes(exchange);
        String token = exchange.getRequestHeaders().getFirst(READ_TOKEN);
        exchange.getResponseHeaders().put(Headers.CACHE_CONTROL, "no-store");
        if (Requests.isHead(exchange)) {
            exchange.getResponseHeaders().put(Headers.CONTENT_TYPE, TailStream.TYPE);
            exchange.endExchange();
            return;
        }
        Requests.then(exchange, () -> open(tenant, scopes, token), tail -> write(exchange, tail, tenant, token));
    }

    private CompletionStage<Tail> open(Tenant tenant, List<Selector> scopes, @Nullable String token) {
        return uncovered(tenant, token)
                .thenCompose(uncovered -> tails.open(tenant, scopes).thenApply(tail -> {
                    tail.uncover(uncovered);
                    return tail;
                }));
    }

    private void write(HttpServerExchange exchange, Tail tail, Tenant tenant, @Nullable String token) {
        TailStream stream = new TailStream(exchange, tail, () -> uncoverAgain(tail, tenant, token));
        stream.begin();
        writers.execute(stream);
    }

    /** A token may expire, or be revoked, while the tail is open. */
    private void uncoverAgain(Tail tail, Tenant tenant, @Nullable String token) {
        if (token != null) {
            CompletionStage<Predicate<Event>> _ = uncovered(tenant, token)
                    .whenComplete((uncovered, e) -> tail.uncover(uncovered == null ? event -> false : uncovered));
        }
    }

    private static List<Selector> scopes(HttpServerExchange exchange) {
        List<String> given = Requests.parameters(exchange, SCOPE);
        if (given.size() > MAX_SCOPES) {
            throw new CarillonException(
                    ErrorCode.INVALID_REQUEST, "parameter scope: must be given at most " + MAX_SCOPES + " times");
        }
        return given.isEmpty()
                ? List.of(new Selector("*"))
                : given.stream().map(Selector::new).toList();
    }

    private CompletionStage<Predicate<Event>> uncovered(Tenant tenant, @Nullable String token) {
        if (token == null) {
            return CompletableFuture.completedFuture(event -> false);
        }
        return authorizer.authorize(token).thenApply(grants -> {
            if (!grants.tenant().equals(tenant)) {
                throw new CarillonException(
                        ErrorCode.NOT_GRANTED, "header Carillon-Read-Token: the token is of another tenant");
            }
            return event -> isValid(grants) && grants.mayRead(event, false);
        });
    }

    private boolean isValid(Grants grants) {
        return grants.expiresAt() == null || clock.instant().isBefore(grants.expiresAt());
    }
}
