/**
 * Which rights a client has: the {@link dev.carillon.auth.Authorizer} SPI, and grants. May use {@code scope}. Calls return at once; an authorizer
 * that must ask elsewhere answers later.
 */
@NullMarked
package dev.carillon.auth;

import org.jspecify.annotations.NullMarked;
