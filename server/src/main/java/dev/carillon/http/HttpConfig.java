package dev.carillon.http;

import dev.carillon.base.ConfigException;
import dev.carillon.edge.Networks;
import dev.carillon.secret.Secrets;
import java.time.Duration;
import java.util.List;

/**
 * Configuration of the HTTP server for clients.
 *
 * @param sessionMaxAge lifetime of a session after the browser's last stream or page
 * @param trustedProxies networks of proxies whose forwarded headers are trusted
 * @param corsOrigins allowed origins of other sites, as in {@code https://app.example.com}
 * @param compression whether event streams are compressed for clients that accept it
 * @param h2c whether HTTP/2 is served without TLS
 * @param site where the node is in its site
 */
public record HttpConfig(
        boolean secureCookie,
        Duration sessionMaxAge,
        Secrets secrets,
        Networks trustedProxies,
        List<String> corsOrigins,
        boolean compression,
        boolean h2c,
        SiteConfig site) {
    /** Maximum size of a request head. */
    static final int MAX_HEADER_BYTES = 32 * 1024;

    /** @throws ConfigException for the first text that is not a network */
    public static Networks networks(String key, List<String> cidrs) {
        return Networks.parse(cidrs, cidr -> new ConfigException(key, cidr, Networks.RULE));
    }

    public HttpConfig {
        corsOrigins = Origins.checked("cors-origins", corsOrigins);
        if (site.embedding() && !secureCookie) {
            throw new ConfigException(
                    "frame-ancestors",
                    String.join(",", site.frameAncestors()),
                    "must be set only with HTTPS: set tls-certificate, or secure-cookie behind a proxy that serves HTTPS");
        }
    }
}
