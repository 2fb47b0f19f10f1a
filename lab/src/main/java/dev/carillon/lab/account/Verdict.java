package dev.carillon.lab.account;

import java.util.List;

/**
 * What a ledger says of its run.
 *
 * @param broadcast events that were begun
 * @param acknowledged those of which a broadcaster was told that the log has them
 * @param givenUp those with no answer, or one that leaves it open, for as long as it was tried
 * @param delivered events, each as often as a subscriber got it
 * @param lost acknowledged, not delivered to a subscriber that should have it, and outside what it was told to miss
 * @param doubled delivered to a subscriber more than once
 * @param reordered delivered to a subscriber in another order than to the others, or than they were acknowledged in
 * @param unsignalled not acknowledged, but seen by some, and kept from a subscriber that was not told
 * @param withoutRight delivered to a subscriber that may not have it, or did not ask for it
 * @param unexpected answers and events that nothing explains
 * @param gaps how often subscribers were told that something is missing
 * @param missedInGaps events, each as often as a subscriber missed it and was told
 * @param repeatedOverLoss doubled, but repeated by the broadcaster over a loss of the broker's data, with which its ids are gone
 * @param reconnects how often a stream ended that was open
 * @param findings the first of what is wrong, in words
 */
public record Verdict(
        int broadcast,
        int acknowledged,
        int givenUp,
        int delivered,
        int lost,
        int doubled,
        int reordered,
        int unsignalled,
        int withoutRight,
        int unexpected,
        int gaps,
        int missedInGaps,
        int repeatedOverLoss,
        int reconnects,
        List<String> findings) {
    public Verdict {
        findings = List.copyOf(findings);
    }

    /** To be asked when the run is over. */
    public static Verdict of(Ledger ledger) {
        return new Checker(ledger).verdict();
    }

    /** Whether nothing is wrong. */
    public boolean clean() {
        return lost + doubled + reordered + unsignalled + withoutRight + unexpected == 0;
    }
}
