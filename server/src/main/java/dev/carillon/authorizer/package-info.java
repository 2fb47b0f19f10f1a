/**
 * Authorizers of the application's own: the {@link dev.carillon.authorizer.HttpAuthorizer}, which asks the application over HTTP, and {@link
 * dev.carillon.authorizer.LeasingAuthorizer}, which caches the answers of it or of an application's Java authorizer and asks again while connections are
 * open. May use {@code jwt} and {@code http}. Never blocks; answers complete on threads of the HTTP client.
 */
@NullMarked
package dev.carillon.authorizer;

import org.jspecify.annotations.NullMarked;
