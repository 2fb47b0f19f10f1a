package dev.carillon.rebalance;

/** Whether this node releases streams. */
sealed interface ReleaseState {
    record Idle() implements ReleaseState {}

    /**
     * Streams end at a steady rate.
     *
     * @param remaining streams to release
     * @param rate of them per second
     * @param fraction of a stream that earlier steps did not release, as they release whole ones
     */
    record Releasing(int remaining, int rate, double fraction) implements ReleaseState {
        /** The number of streams that a step of this length releases. */
        int due(double seconds) {
            return (int) Math.min(remaining, fraction + rate * seconds);
        }

        ReleaseState after(double seconds) {
            int due = due(seconds);
            return due == remaining
                    ? new Idle()
                    : new Releasing(remaining - due, rate, fraction + rate * seconds - due);
        }
    }
}
