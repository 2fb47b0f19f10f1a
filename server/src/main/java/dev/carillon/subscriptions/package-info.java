/**
 * Active subscriptions across the cluster: which client subscribes to which topics on which node. Each node stores the subscribers that are
 * connected to it and removes those of stopped nodes. An endpoint reports subscribers as their connections open and close, and announces the
 * changes in its own format ({@link dev.carillon.subscriptions.SubscriptionAnnouncer}). May use {@code cluster} and {@code limits}. Thread-safe; nothing blocks but
 * {@link dev.carillon.subscriptions.ActiveSubscriptions#close}.
 */
@NullMarked
package dev.carillon.subscriptions;

import org.jspecify.annotations.NullMarked;
