package dev.carillon.trace;

/** Starts the export of traces. Found by {@link java.util.ServiceLoader} when {@code tracing} is {@code on}. */
public interface TracingProvider {
    /**
     * Starts the export; it does not wait for the collector.
     *
     * @throws dev.carillon.base.ConfigException for an option that the exporter cannot use
     */
    Tracing open(TracingOptions options);
}
