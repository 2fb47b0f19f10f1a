package dev.carillon.lease;

import java.time.Duration;

/**
 * The times of a lease.
 *
 * @param length how long the record of the holder must be unchanged, by the clock of another node, before that node takes the lease
 * @param margin the holder stops so long before the end of its lease, in case that its clock is the slower one
 * @param renewal age from which the holder renews its lease
 * @param absence how long the record must be absent before a node takes the lease; with {@code length} a store that has lost its data does not make a second
 *     holder
 */
public record LeaseTerms(Duration length, Duration margin, Duration renewal, Duration absence) {
    private static final int MARGIN_PART = 15;
    private static final int RENEWAL_PART = 4;

    public LeaseTerms {
        if (renewal.plus(margin).compareTo(length) >= 0) {
            throw new IllegalArgumentException(
                    "lease of " + length + ": must be longer than the renewal, " + renewal + ", and margin, " + margin);
        }
    }

    /** For work that may be done twice in rare cases: a node takes an absent lease at once. */
    public static LeaseTerms relaxed(Duration length) {
        return new LeaseTerms(length, length.dividedBy(MARGIN_PART), length.dividedBy(RENEWAL_PART), Duration.ZERO);
    }
}
