package dev.carillon.authorizer;

import dev.carillon.auth.BroadcastDecision;
import dev.carillon.auth.Grants;
import dev.carillon.auth.Lease;
import dev.carillon.auth.RefusedException;
import dev.carillon.scope.Event;
import dev.carillon.scope.Scope;
import java.time.Instant;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * The authorizer's answer about one token, and the questions that keep it current. Shared by the cache and by all connections that the token opened; the
 * connections drive it by {@link #check}, so that no question is asked about a token without connections.
 *
 * <pre>
 *  VALID ──answer too old or invalidated──▶ asking ──same client──▶ VALID, next round
 *    │                                        ├── refused, another tenant or user ──▶ WITHDRAWN
 *    │                                        └── no answer ──▶ VALID, asks again after 5 s; if invalidated: UNAVAILABLE
 *    └── no answer for authorizer-stale, about the token or about scopes ──▶ UNAVAILABLE
 * </pre>
 *
 * <p>WITHDRAWN and UNAVAILABLE are final: a new request with the token gets another lease. An answer counts from the time of its question: an invalidation in
 * between makes it invalid. Thread-safe; never blocks.
 */
final class TokenLease implements Lease {
    /** Time between questions that are not answered. */
    private static final long RETRY_NANOS = TimeUnit.SECONDS.toNanos(5);
    /** How long a question about an invalid answer leaves its place to others. Then it is asked, or the lease ends. */
    private static final long MAX_POSTPONED_NANOS = TimeUnit.SECONDS.toNanos(1);

    /** Questions without an answer that are further apart belong to different outages. */
    private static final long MAX_SILENCE_NANOS = TimeUnit.MINUTES.toNanos(1);

    private final LeasingAuthorizer owner;
    private final String token;
    private final String digest;
    private final AtomicBoolean asking = new AtomicBoolean();
    private volatile Answer answer;
    /** Number of the last invalidation that is known not to cover the answer. */
    private volatile long checkedUpTo;

    private volatile long nextTryNanos;
    /** Number of the last invalidation before the last question. */
    private volatile long triedUpTo;

    /** When a question about the invalid answer first found no room; null: it did not. */
    private volatile @Nullable Long postponedNanos;

    /** The last answer that is known to have been invalidated; 0: none. */
    private volatile long invalidRound;

    private volatile @Nullable State ended;

    /** When questions about scopes began to be without an answer; null: the last one had an answer. */
    private @Nullable Long readsUnansweredNanos;

    /** When the last question about scopes was without an answer. */
    private long lastUnansweredNanos;

    /**
     * @param askedNanos when it was asked for
     * @param maxAgeNanos after which it is asked for again; differs between tokens, so that the questions are spread
     */
    private record Answer(Grants grants, long askedNanos, long maxAgeNanos, long round) {}

    /**
     * @param grants the first answer
     * @param since number of the last invalidation before the question
     */
    TokenLease(LeasingAuthorizer owner, String token, Grants grants, long askedNanos, long since) {
        this.owner = owner;
        this.token = token;
        this.digest = TokenDigest.of(token);
        this.checkedUpTo = since;
        this.nextTryNanos = askedNanos;
        this.triedUpTo = since;
        this.answer = new Answer(grants.leased(this), askedNanos, owner.nextAgeNanos(), 1);
    }

    @Override
    public Grants grants() {
        return answer.grants();
    }

    @Override
    public long round() {
        return answer.round();
    }

    String digest() {
        return digest;
    }

    /** Whether an invalidation came after the question. */
    private boolean isInvalidated() {
        long newest = owner.invalidations().number();
        long checked = checkedUpTo;
        if (newest == checked) {
            return false;
        }
        if (owner.invalidations().covering(checked, grants(), digest) > 0) {
            return true;
        }
        checkedUpTo = newest;
        return false;
    }

    private boolean isExpired(Instant now) {
        Instant end = grants().expiresAt();
        return end != null && !end.isAfter(now);
    }

    private boolean isYoungerThan(long nanos) {
        return owner.nanoTime() - answer.askedNanos() < nanos;
    }

    /** Whether a new request may use the answer without a question. */
    boolean isFresh() {
        return ended == null && isYoungerThan(answer.maxAgeNanos()) && !isInvalidated() && !isExpired(owner.now());
    }

    /** Whether a new request may use the answer while the authorizer is unavailable. */
    boolean isUsable() {
        return ended == null
                && isYoungerThan(answer.maxAgeNanos() + owner.staleNanos())
                && !isInvalidated()
                && !isExpired(owner.now());
    }

    /** Whether it can still serve new requests. */
    boolean isOpen() {
        return ended == null;
    }

    @Override
    public State check() {
        State end = ended;
        if (end != null) {
            return end;
        }
        Answer current = answer;
        long now = owner.nanoTime();
        long age = now - current.askedNanos();
        boolean invalidated = isInvalidated();
        if (invalidated || age >= current.maxAgeNanos()) {
            // An invalidation ends the pause after a question that was not answered.
            boolean due = now - nextTryNanos >= 0
                    || invalidated && owner.invalidations().number() != triedUpTo;
            if (due && mayAsk(invalidated, now) && asking.compareAndSet(false, true)) {
                recheck();
            }
            if (age >= current.maxAgeNanos() + owner.staleNanos() && !asking.get()) {
                end(State.UNAVAILABLE, current.askedNanos());
            }
        }
        return Objects.requireNonNullElse(ended, State.VALID);
    }

    /** Questions of new clients go first, but not for long before those by which an operator withdraws rights. */
    private boolean mayAsk(boolean invalidated, long now) {
        if (owner.hasRoom()) {
            return true;
        }
        Long since = postponedNanos;
        if (invalidated && since == null) {
            postponedNanos = now;
        }
        return invalidated && since != null && now - since >= MAX_POSTPONED_NANOS;
    }

    @Override
    public boolean hasRoom() {
        return owner.hasRoom();
    }

    @Override
    public boolean isInvalidated(long round) {
        return invalidRound >= round && invalidRound > 0 || isInvalidated();
    }

    /** Asks at the next {@link #check}, whatever the age of the answer. */
    void expire() {
        synchronized (this) {
            Answer current = answer;
            answer = new Answer(current.grants(), current.askedNanos(), 0, current.round());
        }
        nextTryNanos = owner.nanoTime();
    }

    private void recheck() {
        long since = owner.invalidations().number();
        triedUpTo = since;
        postponedNanos = null;
        long asked = owner.nanoTime();
        CompletionStage<Grants> answered = owner.answer(() -> owner.source().recheck(token, grants()));
        CompletionStage<Grants> _ = answered.whenComplete((grants, e) -> {
            try {
                rechecked(grants, e, asked, since);
            } finally {
                asking.set(false);
            }
        });
    }

    private void rechecked(@Nullable Grants grants, @Nullable Throwable e, long asked, long since) {
        if (e == null && grants != null) {
            if (!renew(grants, asked, since)) {
                end(State.WITHDRAWN, asked);
            }
        } else if (e != null && LeasingAuthorizer.cause(e) instanceof RefusedException) {
            end(State.WITHDRAWN, asked);
        } else if (owner.invalidations().covering(checkedUpTo, grants(), digest) > 0) {
            // Whether the right still exists is unknown, and an operator says that it changed.
            end(State.UNAVAILABLE, asked);
        } else {
            nextTryNanos = owner.nanoTime() + RETRY_NANOS;
        }
    }

    /** Replaces the answer; false if it is about another client. */
    boolean renew(Grants grants, long askedNanos, long since) {
        Grants before = grants();
        if (!grants.tenant().equals(before.tenant()) || !Objects.equals(grants.user(), before.user())) {
            return false;
        }
        synchronized (this) {
            Answer current = answer;
            if (askedNanos - current.askedNanos() >= 0) {
                if (owner.invalidations().covering(checkedUpTo, current.grants(), digest) > 0) {
                    invalidRound = current.round();
                }
                checkedUpTo = since;
                answer = new Answer(grants.leased(this), askedNanos, owner.nextAgeNanos(), current.round() + 1);
            }
        }
        return true;
    }

    /** @param asked when the question was asked; a later answer keeps the lease */
    private void end(State state, long asked) {
        synchronized (this) {
            if (answer.askedNanos() - asked > 0) {
                return;
            }
            ended = state;
        }
        owner.ended(this);
    }

    /** A question about scopes was answered. */
    synchronized void readAnswered() {
        readsUnansweredNanos = null;
    }

    /** A question about scopes was not answered: decisions of before count as long as the answer about the token does, although that may be answered. */
    void readUnanswered() {
        long now = owner.nanoTime();
        synchronized (this) {
            Long since = readsUnansweredNanos;
            if (since == null || now - lastUnansweredNanos > MAX_SILENCE_NANOS) {
                readsUnansweredNanos = now;
                since = now;
            }
            lastUnansweredNanos = now;
            if (now - since < owner.staleNanos()) {
                return;
            }
        }
        end(State.UNAVAILABLE, now);
    }

    @Override
    public CompletionStage<Set<Scope>> mayRead(Set<Scope> scopes) {
        return owner.mayRead(this, scopes);
    }

    @Override
    public CompletionStage<BroadcastDecision> mayBroadcast(Event event) {
        return owner.answer(() -> owner.source().mayBroadcast(grants(), event));
    }
}
