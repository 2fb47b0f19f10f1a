package dev.carillon.stream;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.carillon.auth.Authorizer;
import dev.carillon.auth.Grants;
import dev.carillon.authorizer.ReadDecision;
import dev.carillon.base.CarillonException;
import dev.carillon.base.ErrorCode;
import dev.carillon.base.Text;
import dev.carillon.broker.Live;
import dev.carillon.broker.Log;
import dev.carillon.format.EventJson;
import dev.carillon.history.History;
import dev.carillon.http.Origins;
import dev.carillon.http.Parameters;
import dev.carillon.http.RequestMemory;
import dev.carillon.http.RequestRate;
import dev.carillon.http.Requests;
import dev.carillon.http.Sessions;
import dev.carillon.limits.MemoryBudget;
import dev.carillon.revocation.Revocations;
import dev.carillon.scope.Cursor;
import dev.carillon.scope.Event;
import dev.carillon.scope.Scope;
import io.undertow.server.HttpHandler;
import io.undertow.server.HttpServerExchange;
import io.undertow.util.Headers;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/** {@code GET /history?scope=…&after=…&filter=…&limit=…}: events that a client missed, as JSON. */
public final class HistoryHandler implements HttpHandler {
    private static final int MAX_SCOPES = 100;
    private static final int DEFAULT_LIMIT = 100;
    private static final Parameters PARAMETERS = Parameters.of(
            List.of("scope", "after", "filter", "limit"),
            Map.of(
                    "route",
                    "give scope=route:…",
                    "topic",
                    "give scope=topic:…",
                    "lastEventID",
                    "give after=…",
                    "token",
                    "give authorization=…"));

    private final Authorizer authorizer;
    private final Sessions sessions;
    private final Revocations revocations;
    private final Origins origins;
    private final History history;
    private final ReadBudget budget = new ReadBudget();

    public HistoryHandler(
            Authorizer authorizer, Sessions sessions, Revocations revocations, Origins origins, History history) {
        this.revocations = revocations;
        this.authorizer = authorizer;
        this.sessions = sessions;
        this.origins = origins;
        this.history = history;
    }

    @Override
    public void handleRequest(HttpServerExchange exchange) {
        PARAMETERS.check(exchange);
        readable(exchange, authorizer, origins, sessions, revocations, (grants, own) -> {
            History.Query query = query(exchange, grants, own);
            RequestRate.requireForRead(exchange, query.scopes().size());
            MemoryBudget.Charge charge = RequestMemory.charge(exchange, MemoryBudget.Use.RESPONSES, Log.PAGE_BYTES);
            Requests.then(exchange, () -> read(exchange, query), result -> {
                byte[] json = json(result, query.scopes()).toString().getBytes(StandardCharsets.UTF_8);
                // Charged until the client has read the answer.
                charge.require(json.length);
                exchange.getResponseHeaders().put(Headers.CONTENT_TYPE, "application/json");
                exchange.getResponseSender().send(ByteBuffer.wrap(json));
            });
        });
    }

    private CompletionStage<History.Result> read(HttpServerExchange exchange, History.Query query) {
        long address = Requests.address(exchange);
        int scopes = query.scopes().size();
        budget.acquire(address, scopes);
        try {
            return history.read(query).whenComplete((result, e) -> budget.release(address, scopes));
        } catch (RuntimeException e) {
            budget.release(address, scopes);
            throw e;
        }
    }

    /**
     * Continues with the grants of the request's token, which cover what the authorizer allows of the scopes that the request names, and with the client's own
     * user and session.
     */
    static void readable(
            HttpServerExchange exchange,
            Authorizer authorizer,
            Origins origins,
            Sessions sessions,
            Revocations revocations,
            BiConsumer<Grants, Set<Scope>> next) {
        Requests.authorized(exchange, authorizer, origins, grants -> {
            Set<Scope> own = own(grants, session(exchange, grants, sessions, revocations));
            if (!grants.asks(Grants.Asked.READ)) {
                next.accept(grants, own);
                return;
            }
            Set<Scope> scopes = named(exchange);
            Requests.then(
                    exchange,
                    () -> ReadDecision.about(grants, scopes, own).thenApply(ReadDecision::required),
                    decided -> next.accept(decided, own));
        });
    }

    private static History.Query query(HttpServerExchange exchange, Grants grants, Set<Scope> own) {
        Set<Scope> scopes = scopes(exchange, grants, own);
        String after = Requests.parameter(exchange, "after").orElse(null);
        return new History.Query(grants, scopes, own, after, ContextStreams.filter(exchange), limit(exchange));
    }

    /**
     * The scopes that a request asks for.
     *
     * @param own the client's own user and session
     * @throws CarillonException {@code not-granted} for the user, session or tab of another client
     */
    static Set<Scope> scopes(HttpServerExchange exchange, Grants grants, Set<Scope> own) {
        Set<Scope> scopes = named(exchange);
        for (Scope scope : scopes) {
            if (scope.kind().personal() && !own.contains(scope) && !grants.mayReadAnyOf(List.of(scope))) {
                throw new CarillonException(
                        ErrorCode.NOT_GRANTED, "the token does not grant reading " + Text.printable(scope.text(), 100));
            }
        }
        return scopes;
    }

    private static Set<Scope> named(HttpServerExchange exchange) {
        List<String> given = Requests.parameters(exchange, "scope");
        if (given.isEmpty() || given.size() > MAX_SCOPES) {
            throw invalid("parameter scope: must be given 1 to " + MAX_SCOPES + " times");
        }
        Set<Scope> scopes = new LinkedHashSet<>();
        for (String text : given) {
            Scope scope = Scope.parse(text);
            if (scope.kind() == Scope.Kind.SYSTEM) {
                throw invalid("parameter scope: system has no history");
            }
            scopes.add(scope);
        }
        return scopes;
    }

    /**
     * The handle of the browser's session; null: none.
     *
     * @throws CarillonException {@code token-revoked}
     */
    static @Nullable String session(
            HttpServerExchange exchange, Grants grants, Sessions sessions, Revocations revocations) {
        String session = sessions.known(exchange, grants.user());
        if (session != null) {
            revocations.check(grants, session);
        }
        return session;
    }

    static Set<Scope> own(Grants grants, @Nullable String session) {
        Set<Scope> own = new LinkedHashSet<>();
        String user = grants.user();
        if (user != null) {
            own.add(Scope.user(user));
        }
        if (session != null) {
            own.add(Scope.session(session));
        }
        return own;
    }

    private static int limit(HttpServerExchange exchange) {
        String text = Requests.parameter(exchange, "limit").orElse(Integer.toString(DEFAULT_LIMIT));
        if (text.matches("\\d{1,4}")) {
            int limit = Integer.parseInt(text);
            if (limit >= 1 && limit <= History.MAX_LIMIT) {
                return limit;
            }
        }
        throw invalid("parameter limit: must be a whole number from 1 to " + History.MAX_LIMIT);
    }

    private static ObjectNode json(History.Result result, Set<Scope> requested) {
        ObjectNode json = JsonNodeFactory.instance.objectNode();
        ArrayNode events = json.putArray("events");
        result.events().forEach(live -> add(events.addObject(), live, requested));
        json.put("last", Cursor.of(result.last()));
        json.put("more", result.more());
        json.put("gap", result.gap());
        return json;
    }

    private static void add(ObjectNode json, Live live, Set<Scope> requested) {
        Event event = live.event();
        json.put("id", live.id());
        if (event.type() != null) {
            json.put("type", event.type());
        }
        EventJson.data(json, event);
        EventJson.tags(json, event);
        if (event.key() != null) {
            json.put("key", event.key());
        }
        // Other scopes of the event are not revealed.
        ArrayNode scopes = json.putArray("scopes");
        event.scopes().stream().filter(requested::contains).forEach(scope -> scopes.add(scope.text()));
    }

    private static CarillonException invalid(String problem) {
        return new CarillonException(ErrorCode.INVALID_REQUEST, problem);
    }
}
