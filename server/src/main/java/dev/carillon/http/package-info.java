/**
 * Undertow and what every endpoint needs of it: listeners and their limits, admission, errors as problem+json, cookies, origins, trusted proxies.
 * May use {@code auth} and {@code secret}. Handlers run on I/O threads and must not block.
 */
@NullMarked
package dev.carillon.http;

import org.jspecify.annotations.NullMarked;
