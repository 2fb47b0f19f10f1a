/**
 * The Mercure hub at {@code /.well-known/mercure}. An endpoint: it translates the protocol into calls of {@code delivery}, {@code
 * broadcast} and {@code subscriptions}, which decide. Handlers run on I/O threads and must not block.
 */
@NullMarked
package dev.carillon.mercure;

import org.jspecify.annotations.NullMarked;
