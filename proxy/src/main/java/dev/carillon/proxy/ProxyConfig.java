package dev.carillon.proxy;

import dev.carillon.edge.Networks;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Everything the proxy is configured with; cannot hold a bad value: each constructor throws {@link ProxyConfigException}.
 *
 * @param nodes 1 to {@value #MAX_NODES} addresses as in {@code http://127.0.0.1:8081}, all different
 * @param trustedProxies networks such as {@code 10.0.0.0/8} of other proxies before this one, whose forwarded headers are kept
 * @param secureCookie whether the cookie is for HTTPS only even where this proxy itself serves without TLS
 * @param tls absent: without TLS
 */
public record ProxyConfig(
        Listen listen,
        List<URI> nodes,
        Health health,
        Limits limits,
        List<String> trustedProxies,
        boolean secureCookie,
        Optional<TlsFiles> tls) {
    public static final int MAX_NODES = 100;

    private static final String NODE_RULE = "must be http://HOST:PORT, without a path; nodes are reached without TLS";
    private static final int MAX_PORT = 65_535;

    public ProxyConfig {
        nodes = List.copyOf(nodes);
        trustedProxies = List.copyOf(trustedProxies);
        if (nodes.isEmpty()) {
            throw new ProxyConfigException("node", "(none)", "must be given, at least one");
        }
        if (nodes.size() > MAX_NODES) {
            throw new ProxyConfigException("node", nodes.size() + " nodes", "must be at the most " + MAX_NODES);
        }
        Set<URI> seen = new HashSet<>();
        for (URI node : nodes) {
            check(node);
            if (!seen.add(node)) {
                throw new ProxyConfigException("node", node, "is given twice");
            }
        }
        networks(trustedProxies);
    }

    /**
     * Where to listen.
     *
     * @param port 0: any free one
     */
    public record Listen(String host, int port) {
        public Listen {
            if (host.isBlank()) {
                throw new ProxyConfigException("host", host, "must be an address of this machine");
            }
            if (port < 0 || port > MAX_PORT) {
                throw new ProxyConfigException("port", port, "must be a whole number from 0 to " + MAX_PORT);
            }
        }
    }

    /**
     * How nodes are checked: 200 is up, 503 draining, anything else a failure.
     *
     * @param interval between the checks of a node, 10 ms to 1 h
     * @param timeout of one check, 10 ms to 1 min
     * @param fall failures in a row after which a node is down, 1 to 100; a refused connection is enough by itself
     */
    public record Health(String path, Duration interval, Duration timeout, int fall) {
        /** A node that is only busy for some seconds must not lose its streams: that would make all nodes busier. */
        public static final Health DEFAULT = new Health("/_health", Duration.ofSeconds(1), Duration.ofSeconds(2), 3);

        public Health {
            if (!path.matches("/[!-~]{0,999}")) {
                throw new ProxyConfigException(
                        "health-path", path, "must be a path such as /_health, of at most 1000 characters of ASCII");
            }
            check("health-interval", interval, Duration.ofMillis(10), Duration.ofHours(1));
            check("health-timeout", timeout, Duration.ofMillis(10), Duration.ofMinutes(1));
            if (fall < 1 || fall > 100) {
                throw new ProxyConfigException("health-fall", fall, "must be a whole number from 1 to 100");
            }
        }
    }

    /**
     * What one client, and all of them, may use.
     *
     * @param connectTimeout of a connection to a node, 10 ms to 1 min
     * @param responseTimeout until a node begins to answer, 10 ms to 1 h; streams have no limit after that
     * @param idleTimeout of a connection on which nothing is asked, and of an answer that the client does not take, 10 ms to 1 h
     * @param maxRequests open requests and streams together, 1 to 1,000,000
     * @param maxBodyBytes of a request, 0 to 1 TiB
     * @param connectionsPerAddress connections that one client address may have, trusted proxies aside, to 10,000,000; 0: any number
     * @param streamsPerAddress open requests and streams of one client address, to 10,000,000, and at the most half of those that may be open
     *     together; 0: any number
     */
    public record Limits(
            Duration connectTimeout,
            Duration responseTimeout,
            Duration idleTimeout,
            int maxRequests,
            long maxBodyBytes,
            int connectionsPerAddress,
            int streamsPerAddress) {
        public static final Limits DEFAULT = new Limits(
                Duration.ofSeconds(1),
                Duration.ofSeconds(30),
                Duration.ofSeconds(60),
                10_000,
                64L << 20,
                25_000,
                5_000);

        private static final int MAX_REQUESTS = 1_000_000;
        private static final long MAX_BODY_BYTES = 1L << 40;
        private static final int MAX_PER_ADDRESS = 10_000_000;

        /** With as much for an address as by default. */
        public Limits(
                Duration connectTimeout,
                Duration responseTimeout,
                Duration idleTimeout,
                int maxRequests,
                long maxBodyBytes) {
            this(
                    connectTimeout,
                    responseTimeout,
                    idleTimeout,
                    maxRequests,
                    maxBodyBytes,
                    DEFAULT.connectionsPerAddress(),
                    DEFAULT.streamsPerAddress());
        }

        public Limits withConnectionsPerAddress(int next) {
            return new Limits(
                    connectTimeout, responseTimeout, idleTimeout, maxRequests, maxBodyBytes, next, streamsPerAddress);
        }

        public Limits withStreamsPerAddress(int next) {
            return new Limits(
                    connectTimeout,
                    responseTimeout,
                    idleTimeout,
                    maxRequests,
                    maxBodyBytes,
                    connectionsPerAddress,
                    next);
        }

        public Limits {
            check("connect-timeout", connectTimeout, Duration.ofMillis(10), Duration.ofMinutes(1));
            check("response-timeout", responseTimeout, Duration.ofMillis(10), Duration.ofHours(1));
            check("idle-timeout", idleTimeout, Duration.ofMillis(10), Duration.ofHours(1));
            if (maxRequests < 1 || maxRequests > MAX_REQUESTS) {
                throw new ProxyConfigException(
                        "max-requests", maxRequests, "must be a whole number from 1 to " + MAX_REQUESTS);
            }
            if (maxBodyBytes < 0 || maxBodyBytes > MAX_BODY_BYTES) {
                throw new ProxyConfigException(
                        "max-body-bytes", maxBodyBytes, "must be a whole number from 0 to " + MAX_BODY_BYTES);
            }
            if (connectionsPerAddress < 0 || connectionsPerAddress > MAX_PER_ADDRESS) {
                throw new ProxyConfigException(
                        "connections-per-address",
                        connectionsPerAddress,
                        "must be a whole number from 0 to " + MAX_PER_ADDRESS);
            }
            if (streamsPerAddress < 0 || streamsPerAddress > MAX_PER_ADDRESS) {
                throw new ProxyConfigException(
                        "streams-per-address",
                        streamsPerAddress,
                        "must be a whole number from 0 to " + MAX_PER_ADDRESS);
            }
        }
    }

    /**
     * PEM files; read at the start.
     *
     * @param cert the chain, the proxy's own certificate first
     * @param key in PKCS#8, not encrypted, RSA or EC
     */
    public record TlsFiles(Path cert, Path key) {}

    /** A proxy for these nodes on any free port of 127.0.0.1, and otherwise with the defaults. */
    public static ProxyConfig of(List<URI> nodes) {
        return new ProxyConfig(
                new Listen("127.0.0.1", 0), nodes, Health.DEFAULT, Limits.DEFAULT, List.of(), false, Optional.empty());
    }

    /** @throws ProxyConfigException for the first that is no network */
    static Networks networks(List<String> cidrs) {
        return Networks.parse(
                cidrs,
                cidr -> new ProxyConfigException(
                        "trusted-proxies", cidr, "must be a network such as 10.0.0.0/8 or an address"));
    }

    /** Addresses as they were written. */
    public static List<URI> nodes(List<String> urls) {
        return urls.stream()
                .map(url -> {
                    try {
                        return new URI(url);
                    } catch (URISyntaxException e) {
                        throw badNode(url);
                    }
                })
                .toList();
    }

    public ProxyConfig withListen(Listen next) {
        return new ProxyConfig(next, nodes, health, limits, trustedProxies, secureCookie, tls);
    }

    public ProxyConfig withHealth(Health next) {
        return new ProxyConfig(listen, nodes, next, limits, trustedProxies, secureCookie, tls);
    }

    public ProxyConfig withLimits(Limits next) {
        return new ProxyConfig(listen, nodes, health, next, trustedProxies, secureCookie, tls);
    }

    public ProxyConfig withTrustedProxies(List<String> next) {
        return new ProxyConfig(listen, nodes, health, limits, next, secureCookie, tls);
    }

    public ProxyConfig withSecureCookie(boolean next) {
        return new ProxyConfig(listen, nodes, health, limits, trustedProxies, next, tls);
    }

    public ProxyConfig withTls(TlsFiles next) {
        return new ProxyConfig(listen, nodes, health, limits, trustedProxies, secureCookie, Optional.of(next));
    }

    /** What is no address of a node may hold a password. */
    private static ProxyConfigException badNode(String url) {
        boolean mayHoldSecret = url.contains("@") || url.contains("?");
        return new ProxyConfigException("node", mayHoldSecret ? "(hidden)" : url, NODE_RULE);
    }

    private static void check(URI node) {
        boolean plain = "http".equals(node.getScheme())
                && node.getHost() != null
                && node.getPort() > 0
                && node.getPort() <= MAX_PORT
                && node.getRawAuthority().equals(node.getHost() + ":" + node.getPort())
                && node.toString().equals("http://" + node.getRawAuthority());
        if (!plain) {
            throw badNode(node.toString());
        }
    }

    private static void check(String option, Duration value, Duration min, Duration max) {
        if (value.compareTo(min) < 0 || value.compareTo(max) > 0) {
            throw new ProxyConfigException(option, value, "must be from " + min + " to " + max);
        }
    }
}
