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

    private record Second(long epochSecond, String text) {
        static Second of(long epochSecond) {
            return new Second(epochSecond, FORMAT.format(Instant.ofEpochSecond(epochSecond)));
        }
    }

    private final InstantSource clock;
    private volatile Second last;

    public DateHeader(InstantSource clock) {
        this.clock = clock;
        // The first text loads the names of days and months, which takes too long on an I/O thread.
        this.last = Second.of(second());
    }

    private long second() {
        return Math.floorDiv(clock.millis(), 1000);
    }

    /** For answers that may have the header of another server. */
    public void addIfMissing(HttpServerExchange exchange) {
        if (!exchange.getResponseHeaders().contains(Headers.DATE)) {
            addTo(exchange);
        }
    }

    public void addTo(HttpServerExchange exchange) {
        long now = second();
        Second second = last;
        if (second.epochSecond() != now) {
            second = Second.of(now);
            last = second;
        }
        exchange.getResponseHeaders().put(Headers.DATE, second.text());
    }
}
