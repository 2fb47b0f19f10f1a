/**
 * Limits of tenants for the whole cluster, and the share of them that this node may use. May use {@code broker}. Thread-safe; never blocks.
 */
@NullMarked
package dev.carillon.quota;

import org.jspecify.annotations.NullMarked;
