/** The export of traces, found by {@link java.util.ServiceLoader}. Uses {@code trace} of the server. Spans are exported on threads of the SDK. */
@NullMarked
package dev.carillon.tracing;

import org.jspecify.annotations.NullMarked;
