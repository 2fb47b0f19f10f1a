/** Verification of JSON Web Tokens (RFC 7519): keys, JWK Sets and claims. May use {@code auth}; never blocks its callers. */
@NullMarked
package dev.carillon.jwt;

import org.jspecify.annotations.NullMarked;
