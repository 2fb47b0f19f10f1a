package dev.carillon.scope;

/**
 * A position in one tenant's log. Positions are ordered by epoch, then by sequence; the time is informative.
 *
 * @param epoch number of the log's epoch, 0 to {@value #MAX_EPOCH}: the broker's time when the epoch was opened, in milliseconds since 1970,
 *     increased if necessary to be larger than every earlier epoch; 0: before every epoch
 * @param sequence number of the event in the tenant's log, 0 to {@value #MAX_SEQUENCE}; it increases, but not always by one; 0: before every event
 * @param atMillis the broker's time of the append, in milliseconds since 1970; 0: unknown
 */
public record Position(long epoch, long sequence, long atMillis) implements Comparable<Position> {
    /** Before every event of every epoch. */
    public static final Position NONE = new Position(0, 0, 0);

    /** 2<sup>48</sup> - 1: a generated id has 48 bits for the epoch. */
    public static final long MAX_EPOCH = (1L << 48) - 1;
    /** 2<sup>53</sup> - 1: the largest integer that a JSON number holds exactly everywhere (RFC 8259, section 6). */
    public static final long MAX_SEQUENCE = (1L << 53) - 1;

    /** @throws IllegalArgumentException if a component is out of range */
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

    /** The wire format {@code epoch:sequence:atMillis}, in decimal digits. */
    public String text() {
        return epoch + ":" + sequence + ":" + atMillis;
    }

    /**
     * Reads the format of {@link #text()}.
     *
     * @throws IllegalArgumentException if the text has another format
     */
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
