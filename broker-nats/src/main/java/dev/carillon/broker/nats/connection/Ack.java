package dev.carillon.broker.nats.connection;

/**
 * A stream's answer to a published message.
 *
 * @param sequence of the stored message; for {@code DUPLICATE} that of the first one; unused for {@code CONFLICT}, where nothing was
 *     stored
 */
public record Ack(Outcome outcome, long sequence) {
    public enum Outcome {
        STORED,
        /** A message with the same {@code Nats-Msg-Id} had been stored before. */
        DUPLICATE,
        /** The subject's last sequence differed from the expected one. */
        CONFLICT
    }

    public boolean conflict() {
        return outcome == Outcome.CONFLICT;
    }

    /**
     * Whether the first message with this id has not been stored. The leader of a replicated stream answers so while it waits for the other servers, and for
     * as long as it remembers the id if they never stored the message.
     */
    public boolean pending() {
        return outcome == Outcome.DUPLICATE && sequence == 0;
    }

    public boolean duplicate() {
        return outcome == Outcome.DUPLICATE;
    }
}
