/**
 * A client for backends: broadcasts with retries, and subscriptions that resume. It uses the HTTP client of the JDK and nothing else. Calls block, for
 * virtual threads; listeners run on one virtual thread for each subscription.
 */
@NullMarked
package dev.carillon.client;

import org.jspecify.annotations.NullMarked;
