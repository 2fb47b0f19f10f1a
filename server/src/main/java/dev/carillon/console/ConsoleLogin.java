package dev.carillon.console;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.carillon.admin.OperatorAudit;
import dev.carillon.auth.RefusedException;
import dev.carillon.base.CarillonException;
import dev.carillon.base.ErrorCode;
import dev.carillon.http.Cookies;
import dev.carillon.http.JsonMembers;
import dev.carillon.http.Origins;
import dev.carillon.http.Requests;
import dev.carillon.secret.OperatorSessions;
import io.undertow.server.HttpHandler;
import io.undertow.server.HttpServerExchange;
import io.undertow.util.Headers;
import io.undertow.util.Methods;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Signs operators in, and guards what only they may use. The operators' token is exchanged for a cookie that scripts cannot read, that the browser sends to the paths of
 * the console only, and never with a request that a page of another site has caused. Thread-safe.
 */
final class ConsoleLogin {
    private static final String COOKIE = "carillon_console";
    private static final String ATTRIBUTES = "; Path=/console; HttpOnly; SameSite=Strict";
    private static final int MAX_BODY_BYTES = 4 * 1024;
    private static final Origins OWN = Origins.none();
    private static final Logger LOGGER = LoggerFactory.getLogger(ConsoleLogin.class);

    private final Optional<OperatorSessions> sessions;
    private final OperatorAudit audit;
    private final Consumer<RefusedException> refusals;
    private final Consumer<OperatorSessions.Session> onLogout;

    /** @param sessions empty: the node has no operators' token, so nobody can sign in */
    ConsoleLogin(
            Optional<OperatorSessions> sessions,
            OperatorAudit audit,
            Consumer<RefusedException> refusals,
            Consumer<OperatorSessions.Session> onLogout) {
        this.sessions = sessions;
        this.audit = audit;
        this.refusals = refusals;
        this.onLogout = onLogout;
    }

    /** {@code POST /console/login} with {@code {"token": …}}. */
    void login(HttpServerExchange exchange) {
        requireOwnPage(exchange);
        OperatorSessions known = sessions();
        Requests.body(exchange, MAX_BODY_BYTES, body -> {
            JsonMembers json = JsonMembers.of("body", body);
            json.requireOnly(Set.of("token"));
            String value = known.begin(json.required("token")).orElseThrow(() -> {
                RefusedException refused =
                        new RefusedException(ErrorCode.TOKEN_INVALID, "the token does not equal operator-token");
                refusals.accept(refused);
                return refused;
            });
            OperatorSessions.Session session = known.find(value).orElseThrow();
            LOGGER.atInfo()
                    .addKeyValue("by", name(session))
                    .addKeyValue(
                            "address", exchange.getSourceAddress().getAddress().getHostAddress())
                    .log("an operator signed in to the console");
            setCookie(exchange, value + "; Max-Age=" + OperatorSessions.LENGTH.toSeconds());
            answer(exchange, described(session));
        });
    }

    /** {@code POST /console/logout}: ends the session in this browser, and its streams at this node. */
    void logout(HttpServerExchange exchange) {
        requireOwnPage(exchange);
        find(exchange).ifPresent(onLogout);
        setCookie(exchange, "; Max-Age=0");
        answer(exchange, JsonNodeFactory.instance.objectNode());
    }

    /** {@code GET /console/session}: whether the browser is signed in; never an error, so that the page can ask. */
    void session(HttpServerExchange exchange) {
        answer(
                exchange,
                find(exchange)
                        .map(ConsoleLogin::described)
                        .orElseGet(() -> JsonNodeFactory.instance
                                .objectNode()
                                .put("signedIn", false)
                                .put("possible", sessions.isPresent())));
    }

    /** Lets only operators who are signed in use a handler; for requests that change something, only from the console's own page. */
    HttpHandler guarded(HttpHandler next) {
        return exchange -> {
            OperatorSessions.Session session = require(exchange);
            audit.watch(exchange, name(session));
            next.handleRequest(exchange);
        };
    }

    /** @throws CarillonException {@code token-missing}, or {@code origin-refused} */
    OperatorSessions.Session require(HttpServerExchange exchange) {
        boolean reads = exchange.getRequestMethod().equals(Methods.GET)
                || exchange.getRequestMethod().equals(Methods.HEAD);
        if (Origins.isForeign(exchange)) {
            throw foreign();
        }
        OperatorSessions.Session session = find(exchange)
                .orElseThrow(() -> new CarillonException(ErrorCode.TOKEN_MISSING, "sign in to the console first"));
        if (!reads) {
            requireOwnPage(exchange);
        }
        return session;
    }

    private static void requireOwnPage(HttpServerExchange exchange) {
        if (Origins.isForeign(exchange) || !OWN.permits(exchange)) {
            throw foreign();
        }
    }

    private static CarillonException foreign() {
        return new CarillonException(ErrorCode.ORIGIN_REFUSED, "only the console's own page may request this");
    }

    private OperatorSessions sessions() {
        return sessions.orElseThrow(() -> new CarillonException(
                ErrorCode.OPERATOR_ROUTES_DISABLED, "this node was started without operator-token"));
    }

    private Optional<OperatorSessions.Session> find(HttpServerExchange exchange) {
        String value = Cookies.first(exchange.getRequestHeaders(), COOKIE);
        return value == null ? Optional.empty() : sessions.flatMap(known -> known.find(value));
    }

    private static String name(OperatorSessions.Session session) {
        return "console " + session.id();
    }

    private static ObjectNode described(OperatorSessions.Session session) {
        return JsonNodeFactory.instance
                .objectNode()
                .put("signedIn", true)
                .put("session", session.id())
                .put("end", session.end().toEpochMilli());
    }

    private static void setCookie(HttpServerExchange exchange, String value) {
        boolean secure = exchange.getRequestScheme().equals("https");
        exchange.getResponseHeaders()
                .put(Headers.SET_COOKIE, COOKIE + "=" + value + ATTRIBUTES + (secure ? "; Secure" : ""));
    }

    private static void answer(HttpServerExchange exchange, ObjectNode body) {
        exchange.getResponseHeaders().put(Headers.CONTENT_TYPE, "application/json");
        exchange.getResponseSender().send(body.toString());
    }
}
