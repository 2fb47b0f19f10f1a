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
import java.util.regex.Pattern;

/**
 * The proxy's configuration; cannot hold an invalid value: each constructor throws {@link ProxyConfigException}.
 *
 * @param nodes 1 to {@value #MAX_NODES} different URLs such as {@code http://127.0.0.1:8081}; with {@code https} the node's certificate must
 *     name the host and be signed by an authority that the JVM trusts
 * @param trustedProxies networks of proxies before this one, such as {@code 10.0.0.0/8}, whose forwarded headers are trusted
 * @param tls empty: without TLS
 * @param admin where metrics are served; empty: nowhere
 */
public record ProxyConfig(
        Listen listen,
        List<URI> nodes,
        Health health,
        Limits limits,
        List<String> trustedProxies,
        Cookie cookie,
        Optional<TlsFiles> tls,
        Optional<Listen> admin) {
    public static final int MAX_NODES = 100;

    private static final String NODE_RULE = "must be http://HOST:PORT or https://HOST:PORT, without a path";
    private static final String PLAIN_RULE = "must be http://HOST:PORT, without a path";
    private static final int MAX_PORT = 65_535;
    private static final int MAX_PATH = 200;

    public ProxyConfig {
        nodes = checked(nodes, true);
        if (cookie.embedding() && !cookie.secure() && tls.isEmpty()) {
            throw new ProxyConfigException(
                    "embedding",
                    "true",
                    "needs HTTPS: give tls-certificate or secure-cookie, as browsers refuse the cookie otherwise");
        }
        trustedProxies = List.copyOf(trustedProxies);
        networks(trustedProxies);
    }

    /**
     * Checks URLs of nodes.
     *
     * @param allowTls whether {@code https} is allowed
     * @return a copy
     */
    public static List<URI> checked(List<URI> nodes, boolean allowTls) {
        if (nodes.isEmpty()) {
            throw new ProxyConfigException("node", "(none)", "must be given, at least one");
        }
        if (nodes.size() > MAX_NODES) {
            throw new ProxyConfigException("node", nodes.size() + " nodes", "must be at most " + MAX_NODES);
        }
        Set<URI> seen = new HashSet<>();
        for (URI node : nodes) {
            check("node", node, allowTls);
            if (!seen.add(node)) {
                throw new ProxyConfigException("node", node, "must be given once");
            }
        }
        return List.copyOf(nodes);
    }

    /**
     * Address of the listener.
     *
     * @param port 0: any free port
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
     * Health checks of nodes: status 200 means up, 503 draining, anything else is a failure.
     *
     * @param interval time between the checks of a node, 10 ms to 1 h
     * @param timeout time limit of one check, 10 ms to 1 min
     * @param fall consecutive failures after which a node is down, 1 to 100; a refused connection suffices
     */
    public record Health(String path, Duration interval, Duration timeout, int fall) {
        /** A node that is busy for some seconds must not lose its streams, which would increase the load of the others. */
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
     * Limits of clients.
     *
     * @param connectTimeout time limit of connecting to a node, 10 ms to 1 min
     * @param responseTimeout time limit of the head of a node's response, 10 ms to 1 h; its body has no limit
     * @param idleTimeout time limit of a connection without a request, and of an answer of which the client receives nothing, 10 ms to 1 h
     * @param maxRequests open requests and streams, 1 to 1,000,000
     * @param maxBodyBytes size of a request's body, 0 to 1 TiB
     * @param connectionsPerAddress connections of one client address except trusted proxies, up to 10,000,000; 0: no limit
     * @param streamsPerAddress open requests and streams of one client address, up to 10,000,000 and half of {@code maxRequests}; 0: no
     *     limit
     */
    public record Limits(
            Duration connectTimeout,
            Duration responseTimeout,
            Duration idleTimeout,
            int maxRequests,
            long maxBodyBytes,
            int connectionsPerAddress,
            int streamsPerAddress) {
        /** A packet that is lost, or dropped by a node's full queue, is sent again after 1 s: connecting takes a little longer then. */
        public static final Limits DEFAULT = new Limits(
                Duration.ofSeconds(2),
                Duration.ofSeconds(30),
                Duration.ofSeconds(60),
                10_000,
                64L << 20,
                25_000,
                5_000);

        private static final int MAX_REQUESTS = 1_000_000;
        private static final long MAX_BODY_BYTES = 1L << 40;
        private static final int MAX_PER_ADDRESS = 10_000_000;

        /** Uses the default limits of client addresses. */
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
     * The sticky cookie.
     *
     * @param secure whether it is for HTTPS only even if this proxy serves without TLS
     * @param embedding whether it is for pages in frames of other sites; needs HTTPS
     * @param path for whose requests it is sent: the base path of the nodes; {@code /}: all
     */
    public record Cookie(boolean secure, boolean embedding, String path) {
        /** No character that ends an attribute. Before the default, which is checked by it. */
        private static final Pattern PATH = Pattern.compile("/|(/[A-Za-z0-9._~-]+){1,8}");

        public static final Cookie DEFAULT = new Cookie(false, false, "/");

        public Cookie {
            if (path.length() > MAX_PATH || !PATH.matcher(path).matches()) {
                throw new ProxyConfigException(
                        "base-path",
                        path,
                        "must be a path such as /myapp, without a host, a query or a slash at the end");
            }
        }

        Cookie withSecure(boolean next) {
            return new Cookie(next, embedding, path);
        }

        Cookie withEmbedding(boolean next) {
            return new Cookie(secure, next, path);
        }

        Cookie withPath(String next) {
            return new Cookie(secure, embedding, next);
        }
    }

    /**
     * PEM files of the certificate and its key, which are read at the start.
     *
     * @param certificate the chain, the proxy's own certificate first
     * @param key PKCS#8, RSA or EC, not encrypted
     */
    public record TlsFiles(Path certificate, Path key) {}

    /** Returns the default configuration for these nodes, on a free port of 127.0.0.1. */
    public static ProxyConfig of(List<URI> nodes) {
        return new ProxyConfig(
                new Listen("127.0.0.1", 0),
                nodes,
                Health.DEFAULT,
                Limits.DEFAULT,
                List.of(),
                Cookie.DEFAULT,
                Optional.empty(),
                Optional.empty());
    }

    /** @throws ProxyConfigException for the first invalid network */
    static Networks networks(List<String> cidrs) {
        return Networks.parse(cidrs, cidr -> new ProxyConfigException("trusted-proxies", cidr, Networks.RULE));
    }

    /** Parses the URLs of nodes. */
    public static List<URI> nodes(List<String> urls) {
        return urls.stream().map(url -> url("node", url, true)).toList();
    }

    /**
     * Parses a URL such as {@code http://127.0.0.1:8081}.
     *
     * @param allowTls whether {@code https} is allowed
     */
    public static URI url(String option, String text, boolean allowTls) {
        try {
            URI url = new URI(text);
            check(option, url, allowTls);
            return url;
        } catch (URISyntaxException e) {
            throw badUrl(option, text, allowTls);
        }
    }

    public ProxyConfig withListen(Listen next) {
        return new ProxyConfig(next, nodes, health, limits, trustedProxies, cookie, tls, admin);
    }

    public ProxyConfig withHealth(Health next) {
        return new ProxyConfig(listen, nodes, next, limits, trustedProxies, cookie, tls, admin);
    }

    public ProxyConfig withLimits(Limits next) {
        return new ProxyConfig(listen, nodes, health, next, trustedProxies, cookie, tls, admin);
    }

    public ProxyConfig withTrustedProxies(List<String> next) {
        return new ProxyConfig(listen, nodes, health, limits, next, cookie, tls, admin);
    }

    public ProxyConfig withSecureCookie(boolean next) {
        return new ProxyConfig(listen, nodes, health, limits, trustedProxies, cookie.withSecure(next), tls, admin);
    }

    public ProxyConfig withTls(TlsFiles next) {
        return new ProxyConfig(listen, nodes, health, limits, trustedProxies, cookie, Optional.of(next), admin);
    }

    public ProxyConfig withEmbedding(boolean next) {
        return new ProxyConfig(listen, nodes, health, limits, trustedProxies, cookie.withEmbedding(next), tls, admin);
    }

    /** As {@link Cookie#path}. */
    public ProxyConfig withCookiePath(String next) {
        return new ProxyConfig(listen, nodes, health, limits, trustedProxies, cookie.withPath(next), tls, admin);
    }

    public ProxyConfig withAdmin(Listen next) {
        return new ProxyConfig(listen, nodes, health, limits, trustedProxies, cookie, tls, Optional.of(next));
    }

    /** An invalid URL may contain a password and is then not shown. */
    private static ProxyConfigException badUrl(String option, String url, boolean allowTls) {
        boolean mayHoldSecret = url.contains("@") || url.contains("?");
        return new ProxyConfigException(option, mayHoldSecret ? "(hidden)" : url, allowTls ? NODE_RULE : PLAIN_RULE);
    }

    /** @throws ProxyConfigException when the URL is not of the form {@code http://HOST:PORT} */
    public static void check(String option, URI url, boolean allowTls) {
        String scheme = String.valueOf(url.getScheme());
        boolean plain = (scheme.equals("http") || allowTls && scheme.equals("https"))
                && url.getHost() != null
                && url.getPort() > 0
                && url.getPort() <= MAX_PORT
                && url.getRawAuthority().equals(url.getHost() + ":" + url.getPort())
                && url.toString().equals(scheme + "://" + url.getRawAuthority());
        if (!plain) {
            throw badUrl(option, url.toString(), allowTls);
        }
    }

    private static void check(String option, Duration value, Duration min, Duration max) {
        if (value.compareTo(min) < 0 || value.compareTo(max) > 0) {
            throw new ProxyConfigException(option, value, "must be from " + min + " to " + max);
        }
    }
}
