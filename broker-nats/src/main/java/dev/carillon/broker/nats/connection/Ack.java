package dev.carillon.broker.nats.connection;

/**
 * How a stream answered a message.
 *
 * @param outcome of {@code DUPLICATE}: the sequence is the first one's; of {@code CONFLICT}: nothing was stored
 */
public record Ack(Outcome outcome, long sequence) {
    public enum Outcome {
        STORED,
        /** A message with the same {@code Nats-Msg-Id} had been stored. */
        DUPLICATE,
        /** The subject had another last sequence than was expected. */
        CONFLICT
    }

    public boolean conflict() {
        return outcome == Outcome.CONFLICT;
    }

    public boolean duplicate() {
        return outcome == Outcome.DUPLICATE;
    }
}
