package dev.carillon.admin;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.carillon.base.CarillonException;
import dev.carillon.base.ErrorCode;
import dev.carillon.http.JsonMembers;
import dev.carillon.http.Parameters;
import dev.carillon.http.Requests;
import dev.carillon.revocation.Revocation;
import dev.carillon.revocation.Revoker;
import dev.carillon.scope.Tenant;
import io.undertow.server.HttpHandler;
import io.undertow.server.HttpServerExchange;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * {@code POST /admin/revoke}: refuses a token ({@code {"token_id": …, "expires_at": …}}), or the tokens issued until now for a user ({@code {"user": …}}) or used
 * in a session ({@code {"session": …}}), on every node, and closes their connections. The optional member {@code tenant} names the tenant.
 */
final class RevokeHandler implements HttpHandler {
    static final String ROUTE = "/admin/revoke";

    private static final int MAX_BODY_BYTES = 16 * 1024;
    private static final Duration LONGEST = Duration.ofDays(30);
    private static final Set<String> MEMBERS = Set.of("token_id", "expires_at", "user", "session", "tenant");
    private static final Parameters NONE = Parameters.of(List.of(), Map.of());
    private static final Logger LOGGER = LoggerFactory.getLogger(RevokeHandler.class);

    private final Revoker revoker;
    private final Duration length;
    private final InstantSource clock;

    /** @param length how long a user or session is revoked, and a token without a known expiry */
    RevokeHandler(Revoker revoker, Duration length, InstantSource clock) {
        this.revoker = revoker;
        this.length = length;
        this.clock = clock;
    }

    private record Request(Revocation.Subject subject, Duration length) {}

    @Override
    public void handleRequest(HttpServerExchange exchange) {
        NONE.check(exchange);
        Requests.body(exchange, MAX_BODY_BYTES, body -> {
            Request request = request(JsonMembers.of("body", body));
            Requests.then(
                    exchange,
                    () -> revoker.revoke(request.subject(), request.length()),
                    revocation -> answer(exchange, revocation));
        });
    }

    private Request request(JsonMembers json) {
        json.requireOnly(MEMBERS);
        Revocation.Subject subject = null;
        for (Map.Entry<String, Revocation.Kind> each : Map.of(
                        "token_id", Revocation.Kind.TOKEN,
                        "user", Revocation.Kind.USER,
                        "session", Revocation.Kind.SESSION)
                .entrySet()) {
            if (json.has(each.getKey())) {
                if (subject != null) {
                    throw json.invalid("must have only one of \"token_id\", \"user\" and \"session\"");
                }
                subject = new Revocation.Subject(each.getValue(), tenant(json), json.required(each.getKey()));
            }
        }
        if (subject == null) {
            throw json.invalid("must have \"token_id\", \"user\" or \"session\"");
        }
        subject.check();
        return new Request(subject, length(json, subject));
    }

    static Tenant tenant(JsonMembers json) {
        String name = json.text("tenant");
        try {
            return name == null ? Tenant.DEFAULT : Tenant.ofToken(name);
        } catch (CarillonException e) {
            throw new CarillonException(ErrorCode.INVALID_REQUEST, "body: member \"tenant\": " + e.getMessage());
        }
    }

    private Duration length(JsonMembers json, Revocation.Subject subject) {
        @Nullable Long end = json.number("expires_at");
        if (end == null) {
            return length;
        }
        if (subject.kind() != Revocation.Kind.TOKEN) {
            throw json.invalid("expires_at", "is for \"token_id\" only");
        }
        long now = clock.instant().getEpochSecond();
        if (end <= now || end > now + LONGEST.toSeconds()) {
            throw json.invalid("expires_at", "must be seconds since 1970, in the future, at most 30 days from now");
        }
        // A second more than the token, whose end the node rounds.
        return Duration.between(clock.instant(), Instant.ofEpochSecond(end + 1));
    }

    private static void answer(HttpServerExchange exchange, Revocation revocation) {
        Revocation.Subject subject = revocation.subject();
        // A token's id is no secret: a token cannot be derived from it.
        LOGGER.atInfo()
                .addKeyValue("kind", subject.kind())
                .addKeyValue("tenant", subject.tenant())
                .addKeyValue("name", subject.name())
                .addKeyValue("until", revocation.until())
                .log("an operator revoked access");
        ObjectNode body = JsonNodeFactory.instance.objectNode();
        body.put("tenant", subject.tenant().name());
        body.put("until", revocation.until().toString());
        ClusterHealthHandler.send(exchange, body);
    }
}
