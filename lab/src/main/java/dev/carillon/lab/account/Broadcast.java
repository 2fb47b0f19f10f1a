package dev.carillon.lab.account;

import org.jspecify.annotations.Nullable;

/** One event of a lane, and what its broadcaster was told of it. Guarded by its {@link Ledger}. */
final class Broadcast {
    /** What became of it; null while that is open. */
    enum Outcome {
        ACKNOWLEDGED,
        /** No answer, or one that leaves it open, as often as it was tried: it may be in the log. */
        GIVEN_UP,
        REFUSED
    }

    final Lane lane;
    final int number;
    final long sentMillis;

    @Nullable
    Outcome outcome;

    int attempts;
    long endedMillis = Long.MAX_VALUE;
    /** By anybody. */
    boolean seen;

    Broadcast(Lane lane, int number, long sentMillis) {
        this.lane = lane;
        this.number = number;
        this.sentMillis = sentMillis;
    }

    boolean acknowledged() {
        return outcome == Outcome.ACKNOWLEDGED;
    }

    /** Its lane, and its number there. */
    String place() {
        return lane.number() + "-" + number;
    }

    @Override
    public String toString() {
        return place() + " to " + lane.scopes();
    }
}
