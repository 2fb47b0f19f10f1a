package dev.carillon.stream;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.carillon.auth.Authorizer;
import dev.carillon.auth.Grants;
import dev.carillon.authorizer.ReadDecision;
import dev.carillon.base.CarillonException;
import dev.carillon.base.ErrorCode;
import dev.carillon.base.Text;
import dev.carillon.broker.Log;
import dev.carillon.http.Origins;
import dev.carillon.http.Parameters;
import dev.carillon.http.RequestMemory;
import dev.carillon.http.RequestRate;
import dev.carillon.http.Requests;
import dev.carillon.limits.MemoryBudget;
import dev.carillon.presence.ScopePresence;
import dev.carillon.presence.UserList;
import dev.carillon.scope.Cursor;
import dev.carillon.scope.Position;
import dev.carillon.scope.Scope;
import dev.carillon.scope.ScopePolicies;
import dev.carillon.scope.ScopePolicy;
import io.undertow.server.HttpHandler;
import io.undertow.server.HttpServerExchange;
import io.undertow.util.Headers;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletionStage;

/** {@code GET /presence?scope=…&limit=…}: the users in a scope, on all nodes, as JSON. */
final class PresenceHandler implements HttpHandler {
    private static final int DEFAULT_LIMIT = 100;
    private static final int MAX_LIMIT = 10_000;
    /** Permits of a list, which may have ten thousand records: at most seven lists are read at a time. */
    private static final int PERMITS = 50;
    /** Counts as a read of so many scopes. */
    private static final int COST = 20;

    private static final JsonMapper JSON = new JsonMapper();
    private static final Parameters PARAMETERS = Parameters.of(
            List.of("scope", "limit"), Map.of("route", "give scope=route:…", "topic", "give scope=topic:…"));

    private final Authorizer authorizer;
    private final Origins origins;
    private final ScopePresence presence;
    private final ScopePolicies policies;
    private final Log log;
    private final ReadBudget budget = new ReadBudget();

    PresenceHandler(Authorizer authorizer, Origins origins, ScopePresence presence, ScopePolicies policies, Log log) {
        this.authorizer = authorizer;
        this.origins = origins;
        this.presence = presence;
        this.policies = policies;
        this.log = log;
    }

    private record Answer(Position position, UserList users) {}

    @Override
    public void handleRequest(HttpServerExchange exchange) {
        PARAMETERS.check(exchange);
        Requests.authorized(exchange, authorizer, origins, grants -> {
            if (!grants.asks(Grants.Asked.READ)) {
                answer(exchange, grants, scope(exchange));
                return;
            }
            Scope scope = scope(exchange);
            Requests.then(
                    exchange,
                    () -> ReadDecision.about(grants, List.of(scope), Set.of()).thenApply(ReadDecision::required),
                    decided -> answer(exchange, decided, scope));
        });
    }

    private void answer(HttpServerExchange exchange, Grants grants, Scope scope) {
        requireGranted(grants, scope);
        int limit = limit(exchange);
        RequestRate.requireForRead(exchange, COST);
        MemoryBudget.Charge charge = RequestMemory.charge(exchange, MemoryBudget.Use.RESPONSES, Log.PAGE_BYTES);
        Requests.then(exchange, () -> read(exchange, grants, scope), answer -> {
            byte[] json = json(scope, answer, limit).toString().getBytes(StandardCharsets.UTF_8);
            // Charged until the client has read the answer.
            charge.require(json.length);
            exchange.getResponseHeaders()
                    .put(Headers.CONTENT_TYPE, "application/json")
                    .put(Headers.CACHE_CONTROL, "no-store");
            exchange.getResponseSender().send(ByteBuffer.wrap(json));
        });
    }

    /** The position is read first: a stream from there has every change that the list may lack. */
    private CompletionStage<Answer> read(HttpServerExchange exchange, Grants grants, Scope scope) {
        long address = Requests.address(exchange);
        budget.acquire(address, PERMITS);
        try {
            return log.head(grants.tenant())
                    .thenCompose(
                            head -> presence.list(grants.tenant(), scope).thenApply(users -> new Answer(head, users)))
                    .whenComplete((answer, e) -> budget.release(address, PERMITS));
        } catch (RuntimeException e) {
            budget.release(address, PERMITS);
            throw e;
        }
    }

    private Scope scope(HttpServerExchange exchange) {
        List<String> given = Requests.parameters(exchange, "scope");
        if (given.size() != 1) {
            throw invalid("parameter scope: must be given once");
        }
        Scope scope = Scope.parse(given.getFirst());
        if (policies.presence(scope) == ScopePolicy.Presence.OFF) {
            throw invalid("parameter scope: " + Text.printable(scope.text(), 100)
                    + " has no presence: only routes, topics and global can have it, by a row of scope-policies");
        }
        return scope;
    }

    private void requireGranted(Grants grants, Scope scope) {
        if (policies.presence(scope) == ScopePolicy.Presence.PRIVATE && !grants.mayReadAnyOf(List.of(scope))) {
            throw new CarillonException(
                    ErrorCode.NOT_GRANTED, "the token does not grant reading " + Text.printable(scope.text(), 100));
        }
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

    private static ObjectNode json(Scope scope, Answer answer, int limit) {
        List<UserList.User> users = answer.users().users();
        ObjectNode json = JSON.createObjectNode();
        json.put("scope", scope.text());
        json.put("count", users.size());
        ArrayNode array = json.putArray("users");
        users.stream().limit(limit).forEach(user -> {
            ObjectNode each = array.addObject().put("user", user.name());
            if (user.data() != null) {
                each.set("data", data(user.data()));
            }
        });
        json.put("truncated", answer.users().truncated() || users.size() > limit);
        json.put("cursor", Cursor.of(answer.position()));
        return json;
    }

    private static JsonNode data(String text) {
        try {
            return JSON.readTree(text);
        } catch (JsonProcessingException e) {
            return JSON.getNodeFactory().textNode(text);
        }
    }

    private static CarillonException invalid(String problem) {
        return new CarillonException(ErrorCode.INVALID_REQUEST, problem);
    }
}
