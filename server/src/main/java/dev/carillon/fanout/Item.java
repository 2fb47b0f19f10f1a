package dev.carillon.fanout;

/** What waits for a hub. */
sealed interface Item permits Frame, Sweep, Item.Task {
    /** Something short. */
    record Task(Runnable action) implements Item {}
}
