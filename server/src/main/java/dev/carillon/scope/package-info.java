/**
 * The vocabulary: scopes and their selectors, tenants, what a scope keeps, and events with their ids, positions and wire
 * form. Immutable values, and the index of templates, which is thread-safe; may use {@code base}; runs on any thread.
 */
@NullMarked
package dev.carillon.scope;

import org.jspecify.annotations.NullMarked;
