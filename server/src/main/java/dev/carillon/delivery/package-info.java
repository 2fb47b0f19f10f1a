/**
 * Opens connections for endpoints and changes them: subscribe, resume, unsubscribe, renew, close. Also delivers events to handlers of the application. May
 * use {@code history} and {@code fanout}; knows no HTTP. Thread-safe; never blocks.
 */
@NullMarked
package dev.carillon.delivery;

import org.jspecify.annotations.NullMarked;
