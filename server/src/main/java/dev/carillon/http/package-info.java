/**
 * Undertow and what every face needs of it: listeners and their limits, admission, errors as problem+json, cookies, origins, trusted
 * proxies, and the takeover of a connection from HTTP. May use {@code fanout}, {@code history} and {@code auth}. Handlers run
 * on I/O threads and must not block.
 */
@NullMarked
package dev.carillon.http;

import org.jspecify.annotations.NullMarked;
