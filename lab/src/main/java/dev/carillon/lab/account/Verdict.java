package dev.carillon.lab.account;

import java.util.List;
import java.util.Map;

/**
 * The result of checking a ledger.
 *
 * @param broadcast events whose broadcast began
 * @param acknowledged events whose broadcast was acknowledged
 * @param failures broadcast requests without a conclusive response, after which the event was broadcast again or given up, by status or exception
 * @param refusals broadcast requests that a node refused for the moment, as its broker was unavailable, with the time after which to try again; by code
 * @param givenUp events whose broadcast had no conclusive response before the timeout
 * @param delivered deliveries of events to subscribers
 * @param lost deliveries that are missing, of acknowledged events and without a gap that covers them
 * @param duplicates deliveries of an event that the subscriber had already received
 * @param reordered deliveries in another order than to other subscribers, or than the order of acknowledgement
 * @param unsignalled deliveries that are missing, of unacknowledged events that other subscribers received, and without a gap
 * @param unauthorized deliveries to a subscriber without a subscription or without a grant
 * @param unexpected responses and events that nothing explains
 * @param gaps gaps that subscribers received
 * @param missedInGaps deliveries that are missing and covered by a gap
 * @param repeatedOverLoss duplicates of events that were retried across a data loss of the broker, which loses the ids, too
 * @param reconnects open streams that ended
 * @param findings descriptions of the first violations
 */
public record Verdict(
        int broadcast,
        int acknowledged,
        Map<String, Integer> failures,
        Map<String, Integer> refusals,
        int givenUp,
        int delivered,
        int lost,
        int duplicates,
        int reordered,
        int unsignalled,
        int unauthorized,
        int unexpected,
        int gaps,
        int missedInGaps,
        int repeatedOverLoss,
        int reconnects,
        List<String> findings) {
    public Verdict {
        failures = Map.copyOf(failures);
        refusals = Map.copyOf(refusals);
        findings = List.copyOf(findings);
    }

    /** Broadcast requests without a conclusive response. */
    public int failedRequests() {
        return failures.values().stream().mapToInt(Integer::intValue).sum();
    }

    /** Broadcast requests that were refused for the moment. */
    public int refusedRequests() {
        return refusals.values().stream().mapToInt(Integer::intValue).sum();
    }

    /** Checks a ledger after its run. */
    public static Verdict of(Ledger ledger) {
        return new Checker(ledger).verdict();
    }

    /** Whether there is no violation. */
    public boolean clean() {
        return lost + duplicates + reordered + unsignalled + unauthorized + unexpected == 0;
    }
}
