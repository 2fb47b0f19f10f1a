/**
 * Scopes and selectors, tenants, scope policies, and events with their ids, positions and wire format. All types are immutable, except the
 * builder of events. May use {@code base}; runs on any thread.
 */
@NullMarked
package dev.carillon.scope;

import org.jspecify.annotations.NullMarked;
