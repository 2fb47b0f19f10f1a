package dev.carillon.lab.account;

import org.jspecify.annotations.Nullable;

/** One event of a sequence, and the result of broadcasting it. Guarded by its {@link Ledger}. */
public final class Broadcast {
    /** Result of the broadcast; null while it is unknown. */
    public enum Outcome {
        ACKNOWLEDGED,
        /** Every attempt failed or had no conclusive response: the event may be in the log. */
        GIVEN_UP,
        REFUSED
    }

    final EventSequence sequence;
    final int number;
    final long sentMillis;

    @Nullable
    Outcome outcome;

    int attempts;
    long endedMillis = Long.MAX_VALUE;
    /** Whether any subscriber has received it. */
    boolean received;

    Broadcast(EventSequence sequence, int number, long sentMillis) {
        this.sequence = sequence;
        this.number = number;
        this.sentMillis = sentMillis;
    }

    boolean acknowledged() {
        return outcome == Outcome.ACKNOWLEDGED;
    }

    /** Its sequence, and its number in it. */
    String label() {
        return sequence.number() + "-" + number;
    }

    @Override
    public String toString() {
        return label() + " to " + sequence.scopes();
    }
}
