/**
 * Rights of clients: the {@link dev.carillon.auth.Authorizer} SPI, and grants. May use {@code scope}. Calls never block; an authorizer that calls
 * another service completes its result later.
 */
@NullMarked
package dev.carillon.auth;

import org.jspecify.annotations.NullMarked;
