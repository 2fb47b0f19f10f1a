/**
 * URI Templates (RFC 6570) as topic selectors: their grammar, an automaton that matches topics, and an index of many templates. May use {@code
 * scope} and {@code base}; runs on any thread.
 */
@NullMarked
package dev.carillon.template;

import org.jspecify.annotations.NullMarked;
