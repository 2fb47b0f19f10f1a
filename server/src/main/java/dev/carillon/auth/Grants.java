package dev.carillon.auth;

import dev.carillon.base.Text;
import dev.carillon.scope.Event;
import dev.carillon.scope.Scope;
import dev.carillon.scope.ScopeSelector;
import dev.carillon.scope.Tenant;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
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
 * @param asks rights for which the authorizer is asked where {@code read} or {@code broadcast} do not cover a scope
 * @param lease set by the node; null in grants that an authorizer returns
 */
public record Grants(
        Tenant tenant,
        @Nullable String user,
        List<? extends ScopeSelector> read,
        List<? extends ScopeSelector> broadcast,
        @Nullable Instant expiresAt,
        @Nullable TokenIdentity token,
        @Nullable String userData,
        Set<Asked> asks,
        @Nullable Lease lease) {
    public static final int MAX_USER_DATA_BYTES = 1024;

    /** A right that the authorizer decides for each scope or event. */
    public enum Asked {
        /** {@link Authorizer#mayRead} decides about each topic and route that a client joins or reads. */
        READ,
        /** {@link Authorizer#mayBroadcast} decides about each event. */
        BROADCAST
    }

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

    /** Grants without data of the user, which decide about every scope. */
    public Grants(
            Tenant tenant,
            @Nullable String user,
            List<? extends ScopeSelector> read,
            List<? extends ScopeSelector> broadcast,
            @Nullable Instant expiresAt,
            @Nullable TokenIdentity token) {
        this(tenant, user, read, broadcast, expiresAt, token, null, Set.of(), null);
    }

    public Grants {
        read = List.copyOf(read);
        broadcast = List.copyOf(broadcast);
        asks = Set.copyOf(asks);
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
        return new Grants(tenant, user, read, broadcast, expiresAt, token, json, asks, lease);
    }

    /** A copy that leaves these rights to the authorizer, where the selectors do not cover a scope. */
    public Grants asking(Set<Asked> rights) {
        return new Grants(tenant, user, read, broadcast, expiresAt, token, userData, rights, lease);
    }

    /** A copy with a lease; for the node. */
    public Grants leased(Lease value) {
        return new Grants(tenant, user, read, broadcast, expiresAt, token, userData, asks, value);
    }

    /** A copy that also covers reading these scopes. */
    public Grants alsoReading(Set<Scope> scopes) {
        if (scopes.isEmpty()) {
            return this;
        }
        Set<Scope> all = new HashSet<>(scopes);
        all.addAll(readScopes());
        List<ScopeSelector> more = new ArrayList<>(read);
        more.removeIf(ScopeSet.class::isInstance);
        more.add(new ScopeSet(all));
        return new Grants(tenant, user, more, broadcast, expiresAt, token, userData, asks, lease);
    }

    /** The scopes that {@link #alsoReading} has added. */
    public Set<Scope> readScopes() {
        for (ScopeSelector selector : read) {
            if (selector instanceof ScopeSet(Set<Scope> scopes)) {
                return scopes;
            }
        }
        return Set.of();
    }

    /** Whether the authorizer decides about this right. */
    public boolean asks(Asked right) {
        return lease != null && asks.contains(right);
    }

    /** Whether {@code read} covers the scope. */
    public boolean mayRead(Scope scope) {
        return matches(read, scope);
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
