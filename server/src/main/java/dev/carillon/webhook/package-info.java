/**
 * Webhooks: changes of presence are kept in a log of the broker, and one node at a time posts them to the application's URL. May use {@code presence}, {@code
 * lease}, {@code jwt} for reading secrets, and {@code edge}. The deliverer has a thread of its own, which blocks.
 */
@NullMarked
package dev.carillon.webhook;

import org.jspecify.annotations.NullMarked;
