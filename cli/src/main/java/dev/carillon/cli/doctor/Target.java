package dev.carillon.cli.doctor;

import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;

/**
 * What is checked.
 *
 * @param url the cluster as clients reach it, without a slash at the end; it may have a base path
 * @param token of the requests; empty: they are anonymous
 * @param origin of the pages that use the cluster; empty: not checked
 * @param authorities file of the certificates that are trusted; empty: those of the JVM
 * @param timeout of each request
 * @param idle how long a quiet stream is kept open
 * @param version of this release
 */
record Target(
        URI url,
        Optional<String> token,
        Optional<String> origin,
        Optional<Path> authorities,
        Duration timeout,
        Duration idle,
        String version) {
    /** All requests together may take so long, besides the quiet stream. */
    private static final Duration TOTAL = Duration.ofSeconds(60);

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

    Duration total() {
        return TOTAL.plus(idle);
    }
}
