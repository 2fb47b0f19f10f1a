package dev.carillon.subscriptions;

import java.util.concurrent.CompletionStage;

/** Announces to clients that the subscriptions of a subscriber became active or ended. Thread-safe; must not block. */
@FunctionalInterface
public interface SubscriptionAnnouncer {
    /**
     * Announces one change of each of the subscriber's subscriptions. Several nodes may announce the same change, and one node may repeat
     * it: clients must receive it once.
     *
     * @param incarnation distinguishes the listings of one subscriber; the same change of two incarnations is two changes
     * @return fails when the broker cannot take the announcements now; the call is then repeated
     */
    CompletionStage<Void> announce(Subscriber subscriber, int incarnation, boolean active);
}
