package dev.carillon.mercure;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.carillon.auth.RefusedException;
import dev.carillon.auth.TokenIdentity;
import dev.carillon.base.ErrorCode;
import dev.carillon.jwt.TokenClaims;
import dev.carillon.scope.Tenant;
import io.jsonwebtoken.Claims;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A verified token's claim {@code mercure}, or {@code https://mercure.rocks/}, which takes precedence: {@code {"publish": [selectors],
 * "subscribe": [selectors], "payload": any}}, each member optional. The token's subject is ignored, as a hub knows only topics.
 *
 * @param mayPublish whether the claim has a member {@code publish}, even an empty one
 * @param payload shown to other subscribers in subscription documents; null: none
 * @param expiresAt when the claim expires; null: never
 * @param token what identifies the token, so that it can be revoked; null: none
 */
record MercureClaim(
        Tenant tenant,
        boolean mayPublish,
        List<String> publish,
        List<String> subscribe,
        @Nullable JsonNode payload,
        @Nullable Instant expiresAt,
        @Nullable TokenIdentity token) {
    /** The claim of a subscriber without a token: public updates of the default tenant only. */
    static final MercureClaim ANONYMOUS =
            new MercureClaim(Tenant.DEFAULT, false, List.of(), List.of(), null, null, null);

    static final int MAX_SELECTORS = 1_000;
    static final int MAX_LENGTH = 1_024;
    private static final String NAME = "mercure";
    private static final String FULL_NAME = "https://mercure.rocks/";
    private static final ObjectMapper JSON = new ObjectMapper();

    MercureClaim {
        publish = List.copyOf(publish);
        subscribe = List.copyOf(subscribe);
    }

    /** @throws RefusedException naming the invalid member of the claim */
    static MercureClaim of(Claims claims) {
        String name = claims.get(FULL_NAME) == null ? NAME : FULL_NAME;
        Object own = claims.get(name);
        if (own != null && !(own instanceof Map)) {
            throw refused("claim " + name + ": must be an object");
        }
        Map<?, ?> mercure = own == null ? Map.of() : (Map<?, ?>) own;
        Object publish = mercure.get("publish");
        Object payload = mercure.get("payload");
        return new MercureClaim(
                TokenClaims.tenant(claims),
                publish != null,
                selectors(name + ".publish", publish),
                selectors(name + ".subscribe", mercure.get("subscribe")),
                payload == null ? null : JSON.valueToTree(payload),
                TokenClaims.expiry(claims),
                TokenClaims.identity(claims));
    }

    private static List<String> selectors(String name, @Nullable Object claim) {
        if (claim == null) {
            return List.of();
        }
        if (!(claim instanceof List<?> list) || list.size() > MAX_SELECTORS) {
            throw refused("claim " + name + ": must be a list of at most " + MAX_SELECTORS + " selectors");
        }
        List<String> selectors = new ArrayList<>(list.size());
        for (Object item : list) {
            if (!(item instanceof String selector) || selector.length() > MAX_LENGTH) {
                throw refused("claim " + name + ": must hold strings of at most " + MAX_LENGTH + " characters");
            }
            selectors.add(selector);
        }
        return selectors;
    }

    private static RefusedException refused(String message) {
        return new RefusedException(ErrorCode.TOKEN_INVALID, message);
    }
}
