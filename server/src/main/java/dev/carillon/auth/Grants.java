package dev.carillon.auth;

import dev.carillon.base.Text;
import dev.carillon.scope.Event;
import dev.carillon.scope.Scope;
import dev.carillon.scope.ScopeSelector;
import dev.carillon.scope.Tenant;
import java.time.Instant;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The rights of one client in its tenant. Immutable. Every client may join any topic and route, and receives public events there; a client always
 * receives the private events of its own tab, session and user. An event that names its readers is received by these users only.
 *
 * @param user the client's user, whose {@linkplain Scope#user user scope} its connections join; null: none
 * @param read scopes whose private events the client may receive
 * @param broadcast scopes to which the client may broadcast
 * @param expiresAt end of these grants, when the node also closes the client's streams; null: never
 * @param token what identifies the client's token, so that it can be revoked; null: it had none, or cannot be identified
 * @param userData small data about the user that others may see, the text of a JSON object of at most {@value #MAX_USER_DATA_BYTES} bytes of UTF-8; null:
 *     none
 */
public record Grants(
        Tenant tenant,
        @Nullable String user,
        List<? extends ScopeSelector> read,
        List<? extends ScopeSelector> broadcast,
        @Nullable Instant expiresAt,
        @Nullable TokenIdentity token,
        @Nullable String userData) {
    public static final int MAX_USER_DATA_BYTES = 1024;

    /** Grants of a client without a token: it receives public events of the default tenant, and may not broadcast. */
    public static final Grants ANONYMOUS = new Grants(Tenant.DEFAULT, null, List.of(), List.of(), null);

    /** Grants of a token that can only be revoked with its user. */
    public Grants(
            Tenant tenant,
            @Nullable String user,
            List<? extends ScopeSelector> read,
            List<? extends ScopeSelector> broadcast,
            @Nullable Instant expiresAt) {
        this(tenant, user, read, broadcast, expiresAt, null);
    }

    /** Grants without data of the user. */
    public Grants(
            Tenant tenant,
            @Nullable String user,
            List<? extends ScopeSelector> read,
            List<? extends ScopeSelector> broadcast,
            @Nullable Instant expiresAt,
            @Nullable TokenIdentity token) {
        this(tenant, user, read, broadcast, expiresAt, token, null);
    }

    public Grants {
        read = List.copyOf(read);
        broadcast = List.copyOf(broadcast);
        if (userData != null && Text.utf8Length(userData) > MAX_USER_DATA_BYTES) {
            throw new IllegalArgumentException(
                    "userData: must have at most " + MAX_USER_DATA_BYTES + " bytes of UTF-8");
        }
    }

    /**
     * A copy with data of the user.
     *
     * @throws IllegalArgumentException if it is too long
     */
    public Grants withUserData(@Nullable String json) {
        return new Grants(tenant, user, read, broadcast, expiresAt, token, json);
    }

    /** Whether the client may broadcast to the scope. An event with several scopes needs this for each of them. */
    public boolean mayBroadcast(Scope scope) {
        return matches(broadcast, scope);
    }

    /** Whether the client may receive a private event with these scopes: {@code read} matches at least one of them. */
    public boolean mayReadAnyOf(List<Scope> scopes) {
        for (Scope scope : scopes) {
            if (matches(read, scope)) {
                return true;
            }
        }
        return false;
    }

    /**
     * Whether the client may read the event.
     *
     * @param own whether one of the event's scopes is the client's own tab, session or user
     */
    public boolean mayRead(Event event, boolean own) {
        return !event.isPrivate() || mayReadPrivate(event.scopes(), event.readers(), own);
    }

    /** As {@link #mayRead}, for a private event with these scopes and readers. */
    public boolean mayReadPrivate(List<Scope> scopes, Set<String> readers, boolean own) {
        return readers.isEmpty() ? own || mayReadAnyOf(scopes) : user != null && readers.contains(user);
    }

    private static boolean matches(List<? extends ScopeSelector> selectors, Scope scope) {
        for (ScopeSelector selector : selectors) {
            if (selector.matches(scope)) {
                return true;
            }
        }
        return false;
    }
}
