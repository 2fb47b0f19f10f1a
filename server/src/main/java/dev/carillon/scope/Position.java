package dev.carillon.scope;

/**
 * A place in one tenant's log. Ordered by epoch, then sequence; the time only informs.
 *
 * @param epoch which life of the log: the broker's milliseconds since 1970 when it opened, made larger than every epoch
 *     known before. 0 to 2^48-1; 0 is before every epoch
 * @param sequence the number of the event in the tenant's log, rising, not necessarily by one; 0 is before every event
 * @param atMillis the broker's time of the append in milliseconds since 1970; 0 where it is not known
 */
public record Position(long epoch, long sequence, long atMillis) implements Comparable<Position> {
    /** Before everything. */
    public static final Position NONE = new Position(0, 0, 0);

    public static final long MAX_EPOCH = (1L << 48) - 1;
    public static final long MAX_SEQUENCE = (1L << 53) - 1;

    public Position {
        if (epoch < 0 || epoch > MAX_EPOCH || sequence < 0 || sequence > MAX_SEQUENCE || atMillis < 0) {
            throw new IllegalArgumentException("position out of range: " + epoch + ":" + sequence + ":" + atMillis);
        }
    }

    public boolean isAfter(Position other) {
        return compareTo(other) > 0;
    }

    @Override
    public int compareTo(Position other) {
        int byEpoch = Long.compare(epoch, other.epoch);
        return byEpoch != 0 ? byEpoch : Long.compare(sequence, other.sequence);
    }

    /** {@code epoch:sequence:atMillis}, the form in which the wire carries it. */
    public String text() {
        return epoch + ":" + sequence + ":" + atMillis;
    }

    /** @throws IllegalArgumentException when the text is not what {@link #text()} writes */
    public static Position parse(String text) {
        int a = text.indexOf(':');
        int b = text.indexOf(':', a + 1);
        if (a < 0 || b < 0) {
            throw new IllegalArgumentException("not a position: " + text);
        }
        return new Position(
                Long.parseLong(text, 0, a, 10),
                Long.parseLong(text, a + 1, b, 10),
                Long.parseLong(text, b + 1, text.length(), 10));
    }
}
