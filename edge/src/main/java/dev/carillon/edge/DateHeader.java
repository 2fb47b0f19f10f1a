package dev.carillon.edge;

import io.undertow.server.HttpServerExchange;
import io.undertow.util.Headers;
import java.time.Instant;
import java.time.InstantSource;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Locale;

/**
 * Sets the header {@code Date} of answers (RFC 9110, 6.6.1). That of Undertow is shared by all servers of a process, and stands still for good when the
 * server ends whose thread would renew it. Thread-safe.
 */
public final class DateHeader {
    private static final DateTimeFormatter FORMAT = DateTimeFormatter.ofPattern(
                    "EEE, dd MMM yyyy HH:mm:ss 'GMT'", Locale.ENGLISH)
            .withZone(ZoneOffset.UTC);

    private record Second(long epochSecond, String text) {}

    private final InstantSource clock;
    private volatile Second last = new Second(Long.MIN_VALUE, "");

    public DateHeader(InstantSource clock) {
        this.clock = clock;
    }

    /** For answers that may have the header of another server. */
    public void addIfMissing(HttpServerExchange exchange) {
        if (!exchange.getResponseHeaders().contains(Headers.DATE)) {
            addTo(exchange);
        }
    }

    public void addTo(HttpServerExchange exchange) {
        long now = Math.floorDiv(clock.millis(), 1000);
        Second second = last;
        if (second.epochSecond() != now) {
            second = new Second(now, FORMAT.format(Instant.ofEpochSecond(now)));
            last = second;
        }
        exchange.getResponseHeaders().put(Headers.DATE, second.text());
    }
}
