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
    private static final int MAX_FAILURES = 3;
    /** Scopes that are decided and not joined yet count, too. */
    private static final int MAX_SCOPES = 4_096;

    /** What happens to a connection that must not read some of its scopes any more. */
    @FunctionalInterface
    interface Withdrawal {
        /** @param scopes a part of those that the client chose */
        void withdraw(OpenConnection connection, Set<Scope> scopes);
    }

    private final Withdrawal withdrawal;
    /** Whether the client chose its topics and routes, and not an extension. */
    private final boolean chosen;

    /** The answer by which all scopes were decided; null: none. */
    private @Nullable Lease seen;

    private long seenRound;
    private boolean deciding;
    /** Whether scopes were added since the decision began. */
    private boolean extended;

    private int failures;
    private int pauseSeconds;

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
        if (deciding || pauseSeconds-- > 0 || lease.equals(seen) && lease.round() == seenRound) {
            return;
        }
        pauseSeconds = 0;
        decide(connection, lease);
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
        if (decision == null) {
            pauseSeconds = RETRY_SECONDS;
            if (++failures == MAX_FAILURES) {
                connection.close(CloseReason.UNAVAILABLE);
            }
            return;
        }
        failures = 0;
        boolean keepOthers = extended || connection.isChanging();
        if (!keepOthers) {
            seen = lease;
            seenRound = round;
        }
        CompletionStage<Void> _ = connection.renew(current -> {
            if (!lease.equals(current.lease())) {
                return current;
            }
            Set<Scope> others = new HashSet<>(keepOthers ? current.readScopes() : Set.of());
            others.removeAll(scopes);
            return decision.grants().alsoReading(others);
        });
        if (!decision.refused().isEmpty()) {
            withdrawal.withdraw(connection, decision.refused());
        }
    }

    /**
     * Decides about scopes that the client wants to add.
     *
     * @return completes when the grants of the connection cover them, as far as needed; fails with {@code not-granted}, and with {@code
     *     authorizer-unavailable}
     */
    CompletionStage<Void> allow(OpenConnection connection, Collection<Scope> scopes) {
        Grants grants = connection.grants();
        if (!grants.asks(Grants.Asked.READ)) {
            return DONE;
        }
        extended = true;
        seen = null;
        if (grants.readScopes().size() + scopes.size() > MAX_SCOPES) {
            return CompletableFuture.failedFuture(new CarillonException(
                    ErrorCode.OVERLOADED, "too many scopes were added within a short time; try again"));
        }
        return ReadDecision.about(grants, scopes, Set.of())
                .thenApply(ReadDecision::required)
                .thenCompose(allowed -> connection.renew(current -> Objects.equals(current.lease(), grants.lease())
                        ? current.alsoReading(allowed.readScopes())
                        : current));
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
    static void close(OpenConnection connection) {
        connection.close(CloseReason.REVOKED);
    }

    /** For WebSockets: the client learns which scopes it does not have any more. */
    static void unsubscribe(OpenConnection connection, Set<Scope> scopes) {
        List<Interest> interests = scopes.stream()
                .map(scope -> Interest.in(connection.grants().tenant(), scope))
                .toList();
        ObjectNode data = JsonNodeFactory.instance.objectNode();
        ArrayNode names = data.putArray("scopes");
        scopes.stream().map(Scope::text).sorted().forEach(names::add);
        data.put("reason", CloseReason.REVOKED.code());
        CompletionStage<Void> _ = connection
                .unsubscribe(interests)
                .whenComplete((x, e) -> connection.execute(() -> {
                    if (e == null) {
                        connection.noticeNow("carillon.unsubscribed", data.toString());
                    } else {
                        // Too many changes are pending.
                        connection.close(CloseReason.REVOKED);
                    }
                }));
    }
}
