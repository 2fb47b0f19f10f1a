package dev.carillon.lab.load;

import java.util.List;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** The cookies of each connection, kept from one run to the next. Thread-safe. */
public final class Cookies {
    private final AtomicReferenceArray<@Nullable String> headers;
    private final Pattern dropped;

    /** @param dropped names of cookies that are not kept */
    public Cookies(int connections, Pattern dropped) {
        this.headers = new AtomicReferenceArray<>(connections);
        this.dropped = dropped;
    }

    /** @param setCookies values of the headers {@code Set-Cookie} */
    void keep(int connection, List<String> setCookies) {
        StringBuilder pairs = new StringBuilder();
        for (String value : setCookies) {
            String pair = value.split(";", 2)[0];
            if (!dropped.matcher(pair.split("=", 2)[0]).matches()) {
                pairs.append(pairs.isEmpty() ? "" : "; ").append(pair);
            }
        }
        if (!pairs.isEmpty()) {
            headers.set(connection, pairs.toString());
        }
    }

    /** The value of a header {@code Cookie}; empty without cookies. */
    String of(int connection) {
        String kept = headers.get(connection);
        return kept == null ? "" : kept;
    }
}
