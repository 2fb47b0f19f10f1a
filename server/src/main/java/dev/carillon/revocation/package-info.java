/**
 * Revoked tokens, users and sessions: kept in the broker's store, known on every node. May use {@code broker} and {@code auth}. Never blocks, except at
 * the start of a node.
 */
@NullMarked
package dev.carillon.revocation;

import org.jspecify.annotations.NullMarked;
