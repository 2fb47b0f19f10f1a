package dev.carillon.fanout;

import dev.carillon.base.CloseReason;
import dev.carillon.broker.Interest;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The states of a connection. Owned by its I/O thread.
 *
 * <pre>
 *  register ──▶ Replaying ──join──▶ Buffering ──open──▶ Live ◀──── outbox is empty ──── Lagging
 *                                      ▲                │ │                             ▲  │
 *                                      ├── join more ───┘ └───── socket is full ────────┘  │
 *                                      └────────────────── join more ──────────────────────┘
 *
 *  every state ──close(reason)──▶ Closed
 * </pre>
 *
 * <ul>
 *   <li><em>Replaying</em>: the connection is in no list; a client that resumes is sent the events it missed, part by part.
 *   <li><em>Buffering</em>: the connection is in its lists; live events of all its scopes are buffered until the earlier events of the new
 *       memberships were read, so that they are written in log order across scopes.
 *   <li><em>Live</em>: every event so far was written to the socket.
 *   <li><em>Lagging</em>: events are queued in the outbox, behind bytes that the socket did not accept. In the two opening states there may be an outbox
 *       as well.
 * </ul>
 */
sealed interface ConnectionState {
    /** A connection that can be written to. */
    sealed interface Open extends ConnectionState {
        /** The events and bytes that the socket did not accept; null: it accepted all. */
        @Nullable
        Outbox outbox();

        /** The next state after the socket did not accept all bytes or, with null, after it did. */
        Open withOutbox(@Nullable Outbox outbox);
    }

    /** Live events are buffered. */
    sealed interface Opening extends Open {
        PendingFrames pending();
    }

    /** @param interests to join when the replay ends */
    record Replaying(
            List<Interest> interests,
            PendingFrames pending,
            @Nullable Outbox outbox) implements Opening {
        Buffering joined() {
            return new Buffering(pending, outbox);
        }

        @Override
        public Replaying withOutbox(@Nullable Outbox next) {
            return new Replaying(interests, pending, next);
        }
    }

    record Buffering(PendingFrames pending, @Nullable Outbox outbox) implements Opening {
        Open opened() {
            return outbox == null ? Live.LIVE : new Lagging(outbox);
        }

        @Override
        public Buffering withOutbox(@Nullable Outbox next) {
            return new Buffering(pending, next);
        }
    }

    /** One object for all connections, as most of them are in this state. */
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

    /** The next state after joining its first lists or more of them. */
    static Buffering buffering(Open open) {
        return switch (open) {
            case Replaying replaying -> replaying.joined();
            case Buffering buffering -> buffering;
            case Live _ -> new Buffering(new PendingFrames(), null);
            case Lagging lagging -> new Buffering(new PendingFrames(), lagging.outbox());
        };
    }
}
