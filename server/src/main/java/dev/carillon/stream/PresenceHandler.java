package dev.carillon.stream;

import dev.carillon.auth.Authorizer;
import dev.carillon.auth.Grants;
import dev.carillon.base.CarillonException;
import dev.carillon.base.ErrorCode;
import dev.carillon.base.Text;
import dev.carillon.broker.Log;
import dev.carillon.http.Origins;
import dev.carillon.http.Parameters;
import dev.carillon.http.RequestMemory;
import dev.carillon.http.RequestRate;
import dev.carillon.http.Requests;
import dev.carillon.http.Sessions;
import dev.carillon.limits.MemoryBudget;
import dev.carillon.presence.ScopePresence;
import dev.carillon.revocation.Revocations;
import dev.carillon.scope.Scope;
import dev.carillon.scope.ScopePolicies;
import io.undertow.server.HttpHandler;
import io.undertow.server.HttpServerExchange;
import io.undertow.util.Headers;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionStage;

/** {@code GET /presence?scope=…&limit=…}: the users in a scope, on all nodes, as JSON. */
final class PresenceHandler implements HttpHandler {
    private static final int DEFAULT_LIMIT = 100;
    private static final int MAX_LIMIT = 10_000;
    /** Permits of a list, which may have ten thousand records: at most seven lists are read at a time. */
    private static final int PERMITS = 50;
    /** Counts as a read of so many scopes. */
    private static final int COST = 20;

    private static final Parameters PARAMETERS = Parameters.of(
            List.of("scope", "limit"), Map.of("route", "give scope=route:…", "topic", "give scope=topic:…"));

    private final Authorizer authorizer;
    private final Sessions sessions;
    private final Revocations revocations;
    private final Origins origins;
    private final ScopePresence presence;
    private final ScopePolicies policies;
    private final Log log;
    private final ReadBudget budget = new ReadBudget();

    PresenceHandler(
            Authorizer authorizer,
            Sessions sessions,
            Revocations revocations,
            Origins origins,
            ScopePresence presence,
            ScopePolicies policies,
            Log log) {
        this.authorizer = authorizer;
        this.sessions = sessions;
        this.revocations = revocations;
        this.origins = origins;
        this.presence = presence;
        this.policies = policies;
        this.log = log;
    }

    @Override
    public void handleRequest(HttpServerExchange exchange) {
        PARAMETERS.check(exchange);
        HistoryHandler.readable(exchange, authorizer, origins, sessions, revocations, (grants, own) -> {
            Scope scope = scope(exchange, grants);
            int limit = limit(exchange);
            RequestRate.requireForRead(exchange, COST);
            MemoryBudget.Charge charge = RequestMemory.charge(exchange, MemoryBudget.Use.RESPONSES, Log.PAGE_BYTES);
            Requests.then(exchange, () -> read(exchange, grants, scope, limit, charge), json -> {
                exchange.getResponseHeaders()
                        .put(Headers.CONTENT_TYPE, "application/json")
                        .put(Headers.CACHE_CONTROL, "no-store");
                exchange.getResponseSender().send(ByteBuffer.wrap(json));
            });
        });
    }

    /**
     * The position is read first: a stream from there has every change that the list may lack.
     *
     * @param charge pays for the answer, until the client has read it
     */
    private CompletionStage<byte[]> read(
            HttpServerExchange exchange, Grants grants, Scope scope, int limit, MemoryBudget.Charge charge) {
        long address = Requests.address(exchange);
        budget.acquire(address, PERMITS);
        try {
            return log.head(grants.tenant())
                    .thenCompose(head -> presence.list(
                            grants.tenant(),
                            scope,
                            users -> bytes(new PresenceAnswer(scope, head, users, limit), charge)))
                    .whenComplete((json, e) -> budget.release(address, PERMITS));
        } catch (RuntimeException e) {
            budget.release(address, PERMITS);
            throw e;
        }
    }

    private static byte[] bytes(PresenceAnswer answer, MemoryBudget.Charge charge) {
        charge.require(answer.maxBytes());
        byte[] json = answer.bytes();
        charge.require(json.length);
        return json;
    }

    private Scope scope(HttpServerExchange exchange, Grants grants) {
        List<String> given = Requests.parameters(exchange, "scope");
        if (given.size() != 1) {
            throw invalid("parameter scope: must be given once");
        }
        Scope scope = Scope.parse(given.getFirst());
        switch (policies.presence(scope)) {
            case OFF ->
                throw invalid("parameter scope: " + Text.printable(scope.text(), 100)
                        + " has no presence: only routes, topics and global can have it, by a row of scope-policies");
            case PRIVATE -> {
                if (!grants.mayReadAnyOf(List.of(scope))) {
                    throw new CarillonException(
                            ErrorCode.NOT_GRANTED,
                            "the token does not grant reading " + Text.printable(scope.text(), 100));
                }
            }
            case PUBLIC -> {}
        }
        return scope;
    }

    private static int limit(HttpServerExchange exchange) {
        String text = Requests.parameter(exchange, "limit").orElse(Integer.toString(DEFAULT_LIMIT));
        if (text.matches("\\d{1,5}")) {
            int limit = Integer.parseInt(text);
            if (limit <= MAX_LIMIT) {
                return limit;
            }
        }
        throw invalid("parameter limit: must be a whole number from 0 to " + MAX_LIMIT);
    }

    private static CarillonException invalid(String problem) {
        return new CarillonException(ErrorCode.INVALID_REQUEST, problem);
    }
}
