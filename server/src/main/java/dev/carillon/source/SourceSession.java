package dev.carillon.source;

import java.time.Duration;
import java.util.List;
import java.util.OptionalLong;

/**
 * One connection to a source, by which one node reads. Called by one thread. Every method throws {@link SourceUnavailableException} when the session cannot go
 * on, and is then closed; messages without an acknowledgement are delivered again to the next session.
 *
 * <p><b>Order.</b> Messages come in the order of the source. Those that an earlier session received and did not acknowledge come first, in the same order, and
 * are marked {@linkplain SourceMessage#redelivered() redelivered}. Within one session, each message is received once.
 */
public interface SourceSession extends AutoCloseable {
    /**
     * Returns the next messages, without an acknowledgement to the source. Messages may be received before those received earlier are acknowledged.
     *
     * @param max maximum number of messages, at least 1
     * @param wait maximum time for the first message
     * @return empty: there was none in this time
     */
    List<SourceMessage> receive(int max, Duration wait) throws InterruptedException;

    /**
     * Acknowledges messages: no later session receives them, unless the acknowledgement is lost with the connection.
     *
     * @param messages in the order in which they were received; all received before them are acknowledged or in the dead letters
     */
    void acknowledge(List<SourceMessage> messages);

    /**
     * Stores a message for a person to look at, with the reason, and then acknowledges it. All received before it are acknowledged. Only called if the options
     * announced it.
     */
    void deadLetter(SourceMessage message, String reason);

    /** Called at least every second while received messages wait for their append, so that the source does not deliver them again. */
    default void keepAlive() {}

    /** Number of messages that wait in the source; empty: not known. May be some seconds old. */
    OptionalLong pending();

    /** Ends the session. Does not throw. */
    @Override
    void close();
}
