package dev.carillon.presence;

import dev.carillon.scope.Scope;
import dev.carillon.scope.Tenant;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * A change of the users in a scope.
 *
 * @param user null for {@link Kind#OCCUPIED} and {@link Kind#VACATED}
 * @param data the user's data as JSON text; null: none
 */
public record Change(
        Kind kind,
        Tenant tenant,
        Scope scope,
        @Nullable String user,
        @Nullable String data) {
    /** What changed. A scope is occupied before its first user joins, and vacated after its last user left. */
    public enum Kind {
        OCCUPIED,
        JOINED,
        LEFT,
        VACATED;

        public String text() {
            return name().toLowerCase(Locale.ROOT);
        }
    }
}
