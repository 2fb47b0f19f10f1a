package dev.carillon.broker.nats;

/**
 * How a stream answered a message.
 *
 * @param outcome of {@code DUPLICATE}: the sequence is the first one's; of {@code CONFLICT}: nothing was stored
 */
record Ack(Outcome outcome, long sequence) {
    enum Outcome {
        STORED,
        /** A message with the same {@code Nats-Msg-Id} had been stored. */
        DUPLICATE,
        /** The subject had another last sequence than was expected. */
        CONFLICT
    }

    boolean conflict() {
        return outcome == Outcome.CONFLICT;
    }

    boolean duplicate() {
        return outcome == Outcome.DUPLICATE;
    }
}
