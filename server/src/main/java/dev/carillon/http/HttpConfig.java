package dev.carillon.http;

import dev.carillon.secret.Secrets;
import java.time.Duration;
import java.util.List;

/**
 * How clients are served.
 *
 * @param sessionMaxAge how long a session lasts after its browser was last here
 * @param corsOrigins origins of other sites, as in {@code https://app.example.com}
 * @param compression whether streams of events are compressed for clients that accept it
 * @param h2c whether HTTP/2 is spoken without TLS
 */
public record HttpConfig(
        boolean secureCookie,
        Duration sessionMaxAge,
        Secrets secrets,
        TrustedProxies trustedProxies,
        List<String> corsOrigins,
        boolean compression,
        boolean h2c) {
    /** Larger requests are cut off: a header block of this size has no good reason. */
    static final int MAX_HEADER_BYTES = 32 * 1024;

    public HttpConfig {
        corsOrigins = Origins.checked("cors-origins", corsOrigins);
    }
}
