package dev.carillon.lab.simulation.broker;

import dev.carillon.lab.simulation.host.Schedule;
import java.util.SplittableRandom;

/** What a link to the broker does to messages now: how long they take, and which are lost. Belongs to a node's place, so it outlives its process. */
public final class LinkFaults {
    /** What becomes of a live event. */
    public enum Fate {
        DELIVERED,
        /** Lost; only a later event or a head shows it. */
        LOST,
        /** Lost, and the driver notices that something is. */
        LOST_REPORTED
    }

    private static final long MIN_DELAY_NANOS = 100_000;
    private static final long MAX_DELAY_NANOS = 4_000_000;
    /** Below the time after which a node takes an event that a head shows for lost. */
    private static final long MAX_SLOW_NANOS = 400_000_000;

    private static final int PERCENT = 100;
    private static final int LOST_ANSWERS_PERCENT = 30;

    private final SplittableRandom random;
    private final Schedule schedule;
    private long slowUntilNanos;
    private long answersLostUntilNanos;
    private int toLose;
    private int toLoseReported;

    public LinkFaults(SplittableRandom random, Schedule schedule) {
        this.random = random;
        this.schedule = schedule;
    }

    public void slow(long nanos) {
        slowUntilNanos = schedule.nanos() + nanos;
    }

    public void loseAnswers(long nanos) {
        answersLostUntilNanos = schedule.nanos() + nanos;
    }

    public void loseEvents(int count) {
        toLose += count;
    }

    public void loseEventsReported(int count) {
        toLoseReported += count;
    }

    /** No fault begins any more. */
    public void heal() {
        slowUntilNanos = 0;
        answersLostUntilNanos = 0;
        toLose = 0;
        toLoseReported = 0;
    }

    public long delayNanos() {
        return random.nextLong(MIN_DELAY_NANOS, schedule.nanos() < slowUntilNanos ? MAX_SLOW_NANOS : MAX_DELAY_NANOS);
    }

    public Fate nextEvent() {
        if (toLose > 0) {
            toLose--;
            return Fate.LOST;
        }
        if (toLoseReported > 0) {
            toLoseReported--;
            return Fate.LOST_REPORTED;
        }
        return Fate.DELIVERED;
    }

    public boolean losesAnswer() {
        return schedule.nanos() < answersLostUntilNanos && random.nextInt(PERCENT) < LOST_ANSWERS_PERCENT;
    }

    /** Whether the server did what was asked in a request without an answer. */
    public boolean executesLost() {
        return random.nextBoolean();
    }
}
