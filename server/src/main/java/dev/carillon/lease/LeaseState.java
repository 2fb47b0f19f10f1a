package dev.carillon.lease;

/** What a node knows of a lease. */
sealed interface LeaseState {
    /** Its record must be read. */
    record Unknown() implements LeaseState {}

    /**
     * The node does not hold it.
     *
     * @param revision of the record; {@link dev.carillon.broker.Store#ABSENT}: there is none
     * @param sinceNanos when an answer of the store first had this revision
     */
    record Watched(long revision, long sinceNanos) implements LeaseState {}

    /**
     * The node has it, until its length and margin say otherwise.
     *
     * @param renewedNanos when the last successful renewal was sent
     */
    record Held(long revision, long fence, long renewedNanos) implements LeaseState {}

    /** The node does not want it any more. */
    record Left() implements LeaseState {}
}
