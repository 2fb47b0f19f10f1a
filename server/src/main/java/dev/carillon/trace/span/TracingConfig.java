package dev.carillon.trace.span;

import dev.carillon.base.ConfigException;
import dev.carillon.base.Key;
import dev.carillon.base.Keys;
import dev.carillon.base.PrintableUrl;
import dev.carillon.base.Settings;
import dev.carillon.trace.TracingOptions;
import java.net.URI;
import java.util.List;
import java.util.Optional;

/** Settings of traces. */
public final class TracingConfig {
    private static final Keys DECLARED = new Keys();
    public static final Key<Boolean> TRACING = DECLARED.declare(Key.onOff(
            "tracing",
            "off",
            "Whether broadcasts and calls between nodes are traced and the traces exported by OTLP: on or off."));
    private static final Key<URI> ENDPOINT = DECLARED.declare(Key.of(
            "tracing-endpoint",
            "URL",
            "http://127.0.0.1:4318/v1/traces",
            "URL to which traces are sent, in OTLP over HTTP.",
            TracingConfig::url));
    private static final Key<Double> RATIO = DECLARED.declare(Key.of(
            "tracing-ratio",
            "RATIO",
            "0.01",
            "Share of the broadcasts without a trace of their own that are traced, 0 to 1. With traceparent, the broadcaster has decided.",
            TracingConfig::ratio));

    public static final List<Key<?>> KEYS = List.copyOf(DECLARED.list());

    private TracingConfig() {}

    /** Empty without {@code tracing}. */
    public static Optional<TracingOptions> of(Settings settings, String nodeId, String version) {
        TracingOptions options = new TracingOptions(nodeId, version, settings.get(ENDPOINT), settings.get(RATIO));
        return settings.get(TRACING) ? Optional.of(options) : Optional.empty();
    }

    private static URI url(Key<?> key, String text) {
        try {
            URI url = URI.create(text);
            if (("http".equals(url.getScheme()) || "https".equals(url.getScheme()))
                    && url.getHost() != null
                    && url.getUserInfo() == null) {
                return url;
            }
        } catch (IllegalArgumentException e) {
            // The exception below says so.
        }
        throw new ConfigException(key, PrintableUrl.of(text), "must be an http or https URL without a user");
    }

    private static double ratio(Key<?> key, String text) {
        if (text.matches("0(\\.\\d{1,9})?|1(\\.0{1,9})?")) {
            return Double.parseDouble(text);
        }
        throw new ConfigException(key, text, "must be a number from 0 to 1, such as 0.05");
    }
}
