package dev.carillon.fanout;

import dev.carillon.base.CloseReason;
import dev.carillon.broker.Interest;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The life of a connection. Owned by its I/O thread.
 *
 * <pre>
 *  take ──▶ Replaying ──enlist──▶ Holding ──open──▶ Live ◀──── socket took all ──── Lagging
 *                                    ▲              │ │                               ▲  │
 *                                    ├─enlist more──┘ └──── socket is full ───────────┘  │
 *                                    └──────────────── enlist more ──────────────────────┘
 *
 *  each of them ──close(reason)──▶ Closed
 * </pre>
 *
 * <p>While it is <em>replaying</em> it is in no list: a client that resumes takes what it missed part by part. While it is <em>holding</em>,
 * live events wait, of all its scopes, until what comes before those of the new memberships has been read; so they stay in log order across
 * scopes. An outbox may exist in each state but {@link Live}: what is written there waits behind what the socket did not take.
 */
sealed interface ConnectionState {
    /** A connection that can be written to. */
    sealed interface Open extends ConnectionState {
        /** What the socket did not take; null: it took all. */
        @Nullable
        Outbox outbox();

        /** The state once the socket did not take all, or, with null, once it has. */
        Open withOutbox(@Nullable Outbox outbox);
    }

    /** Events are not written but wait. */
    sealed interface Opening extends Open {
        PendingFrames pending();
    }

    /** @param interests in whose lists it will be */
    record Replaying(
            List<Interest> interests,
            PendingFrames pending,
            @Nullable Outbox outbox) implements Opening {
        Holding enlisted() {
            return new Holding(pending, outbox);
        }

        @Override
        public Replaying withOutbox(@Nullable Outbox next) {
            return new Replaying(interests, pending, next);
        }
    }

    record Holding(PendingFrames pending, @Nullable Outbox outbox) implements Opening {
        Open opened() {
            return outbox == null ? Live.LIVE : new Lagging(outbox);
        }

        @Override
        public Holding withOutbox(@Nullable Outbox next) {
            return new Holding(pending, next);
        }
    }

    /** Every event so far was written. One object for all connections: thousands are in this state. */
    enum Live implements Open {
        LIVE;

        @Override
        public @Nullable Outbox outbox() {
            return null;
        }

        @Override
        public Open withOutbox(@Nullable Outbox next) {
            return next == null ? this : new Lagging(next);
        }
    }

    record Lagging(Outbox outbox) implements Open {
        @Override
        public Open withOutbox(@Nullable Outbox next) {
            return next == null ? Live.LIVE : new Lagging(next);
        }
    }

    record Closed(CloseReason reason) implements ConnectionState {}

    /** The state once it is in the lists of more scopes, or of its first ones. */
    static Holding holding(Open open) {
        return switch (open) {
            case Replaying replaying -> replaying.enlisted();
            case Holding holding -> holding;
            case Live _ -> new Holding(new PendingFrames(), null);
            case Lagging lagging -> new Holding(new PendingFrames(), lagging.outbox());
        };
    }
}
