package dev.carillon.authorizer;

import com.fasterxml.jackson.databind.JsonNode;
import dev.carillon.auth.BroadcastDecision;
import dev.carillon.auth.Grants;
import dev.carillon.auth.RefusedException;
import dev.carillon.auth.TokenIdentity;
import dev.carillon.base.CarillonException;
import dev.carillon.base.ErrorCode;
import dev.carillon.base.Text;
import dev.carillon.http.JsonMembers;
import dev.carillon.scope.Scope;
import dev.carillon.scope.Selector;
import dev.carillon.scope.Tenant;
import java.time.Instant;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Reads the answers of the application. Unknown members are refused: a misspelt {@code readers} must not make an event public. Every method throws {@link
 * CarillonException} with a message that names the member and the rule.
 */
final class AnswerReader {
    private static final String ALLOW = "allow";
    private static final int MAX_SELECTORS = 1_000;
    private static final int MAX_REASON_CHARS = 200;
    /** As of a token that is revoked or invalidated. */
    private static final int MAX_ID_BYTES = 1_024;
    /** As of the claims of a JWT. */
    private static final long MAX_SECONDS = 9_007_199_254_740_991L;

    private static final Set<String> GRANTS = Set.of(
            ALLOW,
            "reason",
            "tenant",
            "user",
            "read",
            "broadcast",
            "expires_at",
            "token_id",
            "issued_at",
            "user_data",
            "ask");

    private AnswerReader() {}

    /**
     * The answer to {@code connect} and {@code recheck}.
     *
     * @param digest identifies the token, if the answer does not
     * @throws RefusedException if the application refuses the token, with its reason
     */
    static Grants grants(JsonMembers json, String digest) {
        json.requireOnly(GRANTS);
        if (!allowed(json)) {
            String reason = json.text("reason");
            throw new RefusedException(
                    ErrorCode.TOKEN_INVALID,
                    reason == null || reason.isBlank()
                            ? "the application refuses the token"
                            : Text.printable(reason, MAX_REASON_CHARS));
        }
        String user = json.text("user");
        String id = json.text("token_id");
        if (id != null && Text.utf8Length(id) > MAX_ID_BYTES) {
            throw json.invalid("token_id", "must have at most " + MAX_ID_BYTES + " bytes");
        }
        Instant issued = instant(json, "issued_at");
        return new Grants(
                        tenant(json),
                        user == null ? null : Scope.user(user).name(),
                        json.list("read", 0, MAX_SELECTORS, Selector::new),
                        json.list("broadcast", 0, MAX_SELECTORS, Selector::new),
                        instant(json, "expires_at"),
                        new TokenIdentity(id == null || id.isEmpty() ? digest : id, user, issued))
                .withUserData(userData(json))
                .asking(asks(json));
    }

    private static boolean allowed(JsonMembers json) {
        if (!json.has(ALLOW)) {
            throw json.invalid(ALLOW, "is required");
        }
        return json.isTrue(ALLOW);
    }

    private static Tenant tenant(JsonMembers json) {
        String name = json.text("tenant");
        return name == null ? Tenant.DEFAULT : Tenant.ofToken(name);
    }

    private static @Nullable Instant instant(JsonMembers json, String member) {
        Long seconds = json.number(member);
        if (seconds == null) {
            return null;
        }
        if (seconds < 0 || seconds > MAX_SECONDS) {
            throw json.invalid(member, "must be seconds since 1970");
        }
        return Instant.ofEpochSecond(seconds);
    }

    private static @Nullable String userData(JsonMembers json) {
        JsonNode data = json.json().get("user_data");
        if (data == null || data.isNull()) {
            return null;
        }
        String text = data.toString();
        if (!data.isObject() || Text.utf8Length(text) > Grants.MAX_USER_DATA_BYTES) {
            throw json.invalid(
                    "user_data", "must be an object of at most " + Grants.MAX_USER_DATA_BYTES + " bytes of JSON");
        }
        return text;
    }

    private static Set<Grants.Asked> asks(JsonMembers json) {
        Set<Grants.Asked> asks = EnumSet.noneOf(Grants.Asked.class);
        for (String right : json.list("ask", 0, 2, text -> text)) {
            asks.add(
                    switch (right) {
                        case "read" -> Grants.Asked.READ;
                        case "broadcast" -> Grants.Asked.BROADCAST;
                        default -> throw json.invalid("ask", "must hold \"read\" and \"broadcast\" only");
                    });
        }
        return asks;
    }

    /** The answer to {@code read}: those of the scopes that the client may read. */
    static Set<Scope> readable(JsonMembers json, Set<Scope> asked) {
        json.requireOnly(Set.of(ALLOW));
        JsonNode allow = json.json().get(ALLOW);
        if (allow != null && allow.isBoolean()) {
            return allow.booleanValue() ? asked : Set.of();
        }
        if (allow == null || !allow.isArray()) {
            throw json.invalid(ALLOW, "must be true, false, or a list of scopes");
        }
        Set<Scope> readable = new HashSet<>();
        for (String text : json.list(ALLOW, 0, Math.max(MAX_SELECTORS, asked.size()), text -> text)) {
            readable.add(Scope.parse(text));
        }
        readable.retainAll(asked);
        return readable;
    }

    /** The answer to {@code broadcast}. */
    static BroadcastDecision broadcast(JsonMembers json) {
        json.requireOnly(Set.of(ALLOW, "readers"));
        boolean allowed = allowed(json);
        if (!allowed) {
            return new BroadcastDecision.Refused();
        }
        if (!json.has("readers")) {
            return new BroadcastDecision.Allowed();
        }
        List<String> readers = json.list(
                "readers",
                1,
                BroadcastDecision.AllowedTo.MAX_USERS,
                user -> Scope.user(user).name());
        try {
            return new BroadcastDecision.AllowedTo(Set.copyOf(readers));
        } catch (IllegalArgumentException e) {
            throw new CarillonException(ErrorCode.INVALID_REQUEST, json.where() + ": " + e.getMessage());
        }
    }
}
