/** Decides about tokens that are JSON Web Tokens (RFC 7519): keys, key sets, claims. */
@NullMarked
package dev.carillon.jwt;

import org.jspecify.annotations.NullMarked;
