package dev.carillon.lab.account;

import org.jspecify.annotations.Nullable;

/** Something that a subscriber observed. */
sealed interface Observation {
    /** Time of the observation, by the machine's clock. */
    long atMillis();

    /** Its stream opened. */
    record StreamOpened(String node, long atMillis) implements Observation {}

    /** Its stream ended. */
    record StreamEnded(long atMillis) implements Observation {}

    /**
     * It loaded the state of the application.
     *
     * @param numbers the number of the last event of each sequence that the state contains; must not be changed
     */
    @SuppressWarnings("ArrayRecordComponent") // Never compared, and there are many of them.
    record StateLoaded(int[] numbers, long atMillis) implements Observation {}

    /** It received an event of the run. */
    record EventReceived(Broadcast event, long atMillis) implements Observation {}

    /**
     * It received a {@code carillon.gap}.
     *
     * @param event id of the event that the gap names; null if it names none
     * @param afterMillis broker time of the cursor that the gap names; 0 if it names none
     */
    record GapReceived(String reason, @Nullable String event, long afterMillis, long atMillis) implements Observation {}
}
