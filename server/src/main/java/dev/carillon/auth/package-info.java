/**
 * Who somebody is and what they may do: the {@link dev.carillon.auth.Authorizer} SPI, its JWT implementation, grants, and the
 * verifiers of tokens, by one key or by those that an issuer offers by URL. May use {@code scope}. Calls return at once; what must
 * ask elsewhere answers later.
 */
@NullMarked
package dev.carillon.auth;

import org.jspecify.annotations.NullMarked;
