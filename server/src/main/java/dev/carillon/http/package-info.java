/**
 * The HTTP server and its common parts: listeners and limits, admission, errors as problem+json, cookies, origins, trusted proxies. May use
 * {@code auth}, {@code secret}, {@code session}, {@code limits} and {@code edge}. Handlers run on I/O threads and must not block.
 */
@NullMarked
package dev.carillon.http;

import org.jspecify.annotations.NullMarked;
