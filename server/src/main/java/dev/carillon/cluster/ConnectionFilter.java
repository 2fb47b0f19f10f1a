package dev.carillon.cluster;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.carillon.base.CarillonException;
import dev.carillon.base.ErrorCode;
import dev.carillon.base.Text;
import dev.carillon.scope.Scope;
import dev.carillon.scope.Tenant;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Criteria for connections; all that are given must match.
 *
 * @param tenant null: any
 * @param user null: any
 * @param session handle of a session; null: any
 * @param context id of a context; null: any
 * @param scope that the connection has joined; null: any
 * @param label that the client gave its connection; null: any
 */
public record ConnectionFilter(
        @Nullable Tenant tenant,
        @Nullable String user,
        @Nullable String session,
        @Nullable String context,
        @Nullable Scope scope,
        @Nullable String label) {
    private static final int MAX_BYTES = 1024;
    private static final Set<String> CRITERIA = Set.of("tenant", "user", "session", "context", "scope", "label");

    public ConnectionFilter {
        check("user", user);
        check("session", session);
        check("context", context);
        check("label", label);
    }

    private static void check(String name, @Nullable String value) {
        if (value != null && (value.isEmpty() || !Text.isWellFormed(value) || Text.utf8Length(value) > MAX_BYTES)) {
            throw new CarillonException(
                    ErrorCode.INVALID_REQUEST, name + ": must have 1 to " + MAX_BYTES + " bytes of UTF-8");
        }
    }

    /** Whether it matches every connection. */
    public boolean isEmpty() {
        return tenant == null && user == null && session == null && context == null && scope == null && label == null;
    }

    void addTo(ObjectNode message) {
        ObjectNode filter = message.putObject("filter");
        if (tenant != null) {
            filter.put("tenant", tenant.name());
        }
        if (scope != null) {
            filter.put("scope", scope.text());
        }
        put(filter, "user", user);
        put(filter, "session", session);
        put(filter, "context", context);
        put(filter, "label", label);
    }

    private static void put(ObjectNode filter, String name, @Nullable String value) {
        if (value != null) {
            filter.put(name, value);
        }
    }

    /** @throws CarillonException for values that no filter has; {@code unknown-message} for a criterion of a later release */
    static ConnectionFilter of(JsonNode message) {
        JsonNode filter = message.path("filter");
        filter.fieldNames().forEachRemaining(name -> {
            if (!CRITERIA.contains(name)) {
                throw new CarillonException(
                        ErrorCode.UNKNOWN_MESSAGE,
                        "this node cannot filter connections by \"" + Text.printable(name, 40) + "\"");
            }
        });
        String tenant = text(filter, "tenant");
        String scope = text(filter, "scope");
        return new ConnectionFilter(
                tenant == null ? null : Tenant.ofToken(tenant),
                text(filter, "user"),
                text(filter, "session"),
                text(filter, "context"),
                scope == null ? null : Scope.parse(scope),
                text(filter, "label"));
    }

    private static @Nullable String text(JsonNode filter, String name) {
        return filter.path(name).isTextual() ? filter.path(name).asText() : null;
    }
}
