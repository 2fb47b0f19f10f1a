package dev.carillon.trace;

import io.opentelemetry.api.OpenTelemetry;

/** Traces of one node, while they are exported. */
public interface Tracing extends AutoCloseable {
    OpenTelemetry api();

    /** Exports what has ended, within two seconds, and ends the export. */
    @Override
    void close();
}
