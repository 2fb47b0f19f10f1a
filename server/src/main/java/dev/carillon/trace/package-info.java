/** The SPI by which traces are exported: the server uses the API of OpenTelemetry, and a module of its own the SDK. */
@NullMarked
package dev.carillon.trace;

import org.jspecify.annotations.NullMarked;
