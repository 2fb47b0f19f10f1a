package dev.carillon.cli.doctor;

import java.net.URI;
import java.time.Duration;
import java.util.Optional;
import javax.net.ssl.SSLContext;

/**
 * What is checked.
 *
 * @param url the cluster as clients reach it, without a slash at the end; it may have a base path
 * @param token of the requests; empty: they are anonymous
 * @param origin of the pages that use the cluster; empty: not checked
 * @param tls with the certificates that are trusted
 * @param timeout of each request
 * @param idle how long a quiet stream is kept open
 * @param version of this release
 */
record Target(
        URI url,
        Optional<String> token,
        Optional<String> origin,
        SSLContext tls,
        Duration timeout,
        Duration idle,
        String version) {
    /** Time for all requests that are answered at once. */
    private static final Duration PROMPT = Duration.ofSeconds(30);
    /** Number of requests that may take their whole time. */
    private static final int SLOW = 6;

    boolean isTls() {
        return "https".equals(url.getScheme());
    }

    int port() {
        return url.getPort() >= 0 ? url.getPort() : isTls() ? 443 : 80;
    }

    /** The host without the brackets of an IPv6 address. */
    String host() {
        String host = url.getHost();
        return host.startsWith("[") ? host.substring(1, host.length() - 1) : host;
    }

    /** The origin of pages at this address, with a given scheme. */
    String origin(String scheme) {
        return scheme + "://" + url.getHost() + (url.getPort() < 0 ? "" : ":" + url.getPort());
    }

    /** The time for all checks. */
    Duration total() {
        return PROMPT.plus(timeout.multipliedBy(SLOW)).plus(idle);
    }
}
