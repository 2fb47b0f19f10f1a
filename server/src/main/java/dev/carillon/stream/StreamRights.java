package dev.carillon.stream;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.carillon.auth.Grants;
import dev.carillon.auth.Lease;
import dev.carillon.authorizer.ReadDecision;
import dev.carillon.base.CarillonException;
import dev.carillon.base.CloseReason;
import dev.carillon.base.ErrorCode;
import dev.carillon.broker.Interest;
import dev.carillon.delivery.OpenConnection;
import dev.carillon.scope.Scope;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/**
 * Keeps the rights of one open connection as its authorizer grants them: after each new answer about the token, it decides again about the topics and routes
 * that the client chose. On the connection's I/O thread only.
 */
final class StreamRights {
    private static final CompletionStage<Void> DONE = CompletableFuture.completedFuture(null);
    private static final int RETRY_SECONDS = 5;
    /** How often a token may be replaced while a scope is added. */
    private static final int MAX_REPLACED = 3;
    /** Scopes that are decided and not joined yet count, too. */
    private static final int MAX_SCOPES = 4_096;

    /** What happens to a connection that must not read some of its scopes any more. */
    @FunctionalInterface
    interface Withdrawal {
        /**
         * @param scopes a part of those that the client chose
         * @return completes when the connection does not have them any more
         */
        CompletionStage<Void> withdraw(OpenConnection connection, Set<Scope> scopes);
    }

    private final Withdrawal withdrawal;
    /** Whether the client chose its topics and routes, and not an extension. */
    private final boolean chosen;

    /** The last answer by which all scopes were decided; null: none. */
    private @Nullable Lease seen;

    /** 0: none. */
    private long seenRound;
    /** Whether scopes must be decided again even by the same answer, because some were added. */
    private boolean again;

    private boolean deciding;
    /** Whether scopes were added since the decision began. */
    private boolean extended;

    private int pauseSeconds;
    /** Whether the last tick left the place for a question to new clients. */
    private boolean postponed;
    /** Scopes that are being withdrawn. */
    private Set<Scope> leaving = Set.of();
    /** Whether their withdrawal waits behind changes that the client asked for. */
    private boolean blocked;

    StreamRights(boolean chosen, Withdrawal withdrawal) {
        this.chosen = chosen;
        this.withdrawal = withdrawal;
    }

    /** To be called every second. Most connections have no lease, or one whose answer is the same. */
    void tick(OpenConnection connection) {
        Lease lease = connection.grants().lease();
        if (lease == null) {
            return;
        }
        if (lease.check() == Lease.State.UNAVAILABLE) {
            connection.close(CloseReason.UNAVAILABLE);
            return;
        }
        if (blocked && !leaving.isEmpty()) {
            // The client must not delay the loss of its rights by its own changes.
            connection.close(CloseReason.REVOKED);
            return;
        }
        if (deciding || !again && lease.equals(seen) && lease.round() == seenRound) {
            return;
        }
        boolean invalidated = isInvalidated(lease);
        if (!invalidated && pauseSeconds-- > 0) {
            return;
        }
        if (!lease.hasRoom() && !(invalidated && postponed)) {
            postponed = true;
            return;
        }
        postponed = false;
        pauseSeconds = 0;
        decide(connection, lease);
    }

    /** Whether an operator says that rights have changed since the last decision. */
    private boolean isInvalidated(Lease current) {
        return Objects.requireNonNullElse(seen, current).isInvalidated(seenRound);
    }

    private void decide(OpenConnection connection, Lease lease) {
        deciding = true;
        // Scopes of pending changes are not among the interests yet.
        extended = connection.isChanging();
        long round = lease.round();
        Set<Scope> scopes = chosen ? chosen(connection.interests()) : Set.of();
        CompletionStage<ReadDecision> _ = ReadDecision.about(lease.grants(), scopes, Set.of())
                .whenComplete((decision, e) -> connection.execute(
                        () -> decided(connection, lease, round, scopes, e == null ? decision : null)));
    }

    /** @param decision null: there is no answer */
    private void decided(
            OpenConnection connection, Lease lease, long round, Set<Scope> scopes, @Nullable ReadDecision decision) {
        deciding = false;
        if (!lease.equals(connection.grants().lease())) {
            // The token was replaced meanwhile; the next tick decides by the new one.
            return;
        }
        if (decision == null) {
            // Without an invalidation the last decisions count until the lease ends.
            pauseSeconds = RETRY_SECONDS;
            if (isInvalidated(lease)) {
                connection.close(CloseReason.UNAVAILABLE);
            }
            return;
        }
        boolean keepOthers = extended || connection.isChanging();
        if (!keepOthers) {
            seen = lease;
            seenRound = round;
            again = false;
        }
        CompletionStage<Void> _ = connection.renew(current -> {
            if (!lease.equals(current.lease())) {
                return current;
            }
            Set<Scope> others = new HashSet<>(keepOthers ? current.readScopes() : Set.of());
            others.removeAll(scopes);
            return decision.grants().alsoReading(others);
        });
        Set<Scope> refused = new HashSet<>(decision.refused());
        refused.removeAll(leaving);
        if (!refused.isEmpty()) {
            withdraw(connection, refused);
        }
    }

    private void withdraw(OpenConnection connection, Set<Scope> refused) {
        Set<Scope> all = new HashSet<>(leaving);
        all.addAll(refused);
        leaving = all;
        blocked |= connection.isChanging();
        CompletionStage<Void> _ = withdrawal
                .withdraw(connection, refused)
                .whenComplete((x, e) -> connection.execute(() -> {
                    leaving.removeAll(refused);
                    blocked &= !leaving.isEmpty();
                }));
    }

    /**
     * Decides about scopes that the client wants to add.
     *
     * @return completes when the grants of the connection cover them, as far as needed; fails with {@code not-granted}, and with {@code
     *     authorizer-unavailable}
     */
    CompletionStage<Void> allow(OpenConnection connection, Collection<Scope> scopes) {
        return allow(connection, scopes, MAX_REPLACED);
    }

    /** @param attempts how often the token may be replaced meanwhile */
    private CompletionStage<Void> allow(OpenConnection connection, Collection<Scope> scopes, int attempts) {
        Grants grants = connection.grants();
        if (!grants.asks(Grants.Asked.READ)) {
            return DONE;
        }
        if (grants.readScopes().size() + scopes.size() > MAX_SCOPES) {
            return CompletableFuture.failedFuture(new CarillonException(
                    ErrorCode.OVERLOADED, "too many scopes were added within a short time; try again"));
        }
        return ReadDecision.about(grants, scopes, Set.of())
                .thenApply(ReadDecision::required)
                .thenCompose(allowed -> connection.renew(current -> {
                    // On the I/O thread. A scope that was withdrawn meanwhile is not among those that were decided now.
                    extended = true;
                    again = true;
                    Set<Scope> decided = new HashSet<>(scopes);
                    decided.retainAll(allowed.readScopes());
                    decided.removeAll(grants.readScopes());
                    return Objects.equals(current.lease(), grants.lease()) ? current.alsoReading(decided) : current;
                }))
                .thenCompose(x -> {
                    if (Objects.equals(connection.grants().lease(), grants.lease())) {
                        return DONE;
                    }
                    return attempts > 0
                            ? allow(connection, scopes, attempts - 1)
                            : CompletableFuture.failedFuture(new CarillonException(
                                    ErrorCode.OVERLOADED, "the token was replaced too often meanwhile; try again"));
                });
    }

    /**
     * Replaces the token of an open connection. Scopes that were added while the new one was decided about stay readable until the next tick has decided.
     *
     * @param grants those of the new token, of the same tenant and user
     * @param decided scopes that were decided by them
     */
    static CompletionStage<Void> replace(OpenConnection connection, Grants grants, Set<Scope> decided) {
        return connection.renew(grants, current -> {
            if (!grants.asks(Grants.Asked.READ)) {
                return grants;
            }
            Set<Scope> added = new HashSet<>(current.readScopes());
            added.removeAll(decided);
            return grants.alsoReading(added);
        });
    }

    /** The topics and routes among interests. */
    static Set<Scope> chosen(List<Interest> interests) {
        Set<Scope> scopes = new HashSet<>();
        for (Interest interest : interests) {
            Scope scope = interest.scope();
            if (scope != null && isChosen(scope)) {
                scopes.add(scope);
            }
        }
        return scopes;
    }

    static boolean isChosen(Scope scope) {
        return scope.kind() == Scope.Kind.TOPIC || scope.kind() == Scope.Kind.ROUTE;
    }

    /** For event streams, whose scopes cannot be removed. */
    static CompletionStage<Void> close(OpenConnection connection) {
        connection.close(CloseReason.REVOKED);
        return DONE;
    }

    /** For WebSockets: the client learns which scopes it does not have any more. */
    static CompletionStage<Void> unsubscribe(OpenConnection connection, Set<Scope> scopes) {
        List<Interest> interests = scopes.stream()
                .map(scope -> Interest.in(connection.grants().tenant(), scope))
                .toList();
        return connection
                .unsubscribe(interests)
                .whenComplete((x, e) -> connection.execute(() -> {
                    if (e == null) {
                        tell(connection, scopes);
                    } else {
                        // Too many changes are pending.
                        connection.close(CloseReason.REVOKED);
                    }
                }));
    }

    /** Tells the client that it does not have these scopes any more. On the connection's I/O thread. */
    static void tell(OpenConnection connection, Set<Scope> scopes) {
        ObjectNode data = JsonNodeFactory.instance.objectNode();
        ArrayNode names = data.putArray("scopes");
        scopes.stream().map(Scope::text).sorted().forEach(names::add);
        data.put("reason", CloseReason.REVOKED.code());
        connection.noticeNow("carillon.unsubscribed", data.toString());
    }
}
