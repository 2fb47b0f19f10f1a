package dev.carillon.proxy.files;

import dev.carillon.proxy.ProxyConfig;
import dev.carillon.proxy.ProxyConfigException;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * The proxy to configure: where it listens, what it serves and from which nodes. Cannot hold a value that breaks out of a configuration file:
 * every text is checked against a list of allowed characters.
 *
 * @param nodes 1 to {@value ProxyConfig#MAX_NODES} different URLs such as {@code http://10.0.0.1:8081}
 * @param basePath the nodes' setting {@code base-path}; empty: none
 */
public record Site(
        Listen listen,
        List<URI> nodes,
        Routes routes,
        Security security,
        Cookie cookie,
        Timing timing,
        Limits limits,
        String basePath) {

    public Site {
        if (basePath.equals("/")) {
            basePath = "";
        }
        if (!basePath.isEmpty()) {
            Routes.checkPath("base-path", basePath);
        }
        nodes = ProxyConfig.checked(nodes, false);
        if (cookie.embedding() && !cookie.secure() && security.isPlain()) {
            throw new ProxyConfigException(
                    "embedding",
                    "true",
                    "needs HTTPS, as browsers accept the cookie only with Secure: give tls-certificate, domain or secure-cookie");
        }
    }

    /** Returns a site with defaults, which serves these nodes without TLS at port 8080 of all addresses. */
    public static Site of(List<URI> nodes) {
        return new Site(
                new Listen("", 8080),
                nodes,
                Routes.ALL,
                new Plain(),
                new Cookie(false, false),
                Timing.DEFAULT,
                Limits.DEFAULT,
                "");
    }

    /**
     * Where the proxy listens.
     *
     * @param host address of this machine; empty: all addresses
     */
    public record Listen(String host, int port) {
        private static final Pattern HOST = Pattern.compile("[0-9A-Za-z.-]{0,253}|\\[[0-9A-Fa-f:.]{2,45}]");

        public Listen {
            if (!HOST.matcher(host).matches()) {
                throw new ProxyConfigException("host", host, "must be an address of the machine");
            }
            if (port < 1 || port > 65_535) {
                throw new ProxyConfigException("port", port, "must be a whole number from 1 to 65535");
            }
        }
    }

    /**
     * Which requests go where.
     *
     * @param only paths that go to the nodes, each with the paths below it; empty: all
     * @param application receives all other requests; empty: they are answered 404
     * @param files directories that the proxy serves itself
     */
    public record Routes(List<String> only, Optional<URI> application, List<StaticFiles> files) {
        private static final Pattern PATH = Pattern.compile("(/[0-9A-Za-z._~-]{1,100}){1,10}");

        public static final Routes ALL = new Routes(List.of(), Optional.empty(), List.of());

        public Routes {
            only = List.copyOf(only);
            files = List.copyOf(files);
            only.forEach(path -> checkPath("only", path));
            if (application.isPresent()) {
                if (only.isEmpty()) {
                    throw new ProxyConfigException(
                            "application", application.get(), "needs only, as otherwise all requests go to the nodes");
                }
                ProxyConfig.check("application", application.get(), false);
            }
        }

        static void checkPath(String option, String path) {
            if (!PATH.matcher(path).matches() || path.contains("/.") && path.matches(".*/\\.{1,2}(/.*)?")) {
                throw new ProxyConfigException(
                        option, path, "must be a path such as /events, of letters, digits and . _ ~ - between slashes");
            }
        }
    }

    /**
     * Files that the proxy serves itself.
     *
     * @param path prefix of the requests, such as {@code /assets}
     * @param directory absolute
     */
    public record StaticFiles(String path, String directory) {
        private static final Pattern FORM = Pattern.compile("([^=]+)=(.+)");

        public StaticFiles {
            Routes.checkPath("static", path);
            checkFile("static", directory);
        }

        /** @param text as {@code PATH=DIR} */
        public static StaticFiles of(String text) {
            var matcher = FORM.matcher(text);
            if (!matcher.matches()) {
                throw new ProxyConfigException("static", text, "must be PATH=DIR, such as /assets=/srv/assets");
            }
            return new StaticFiles(matcher.group(1), matcher.group(2));
        }
    }

    /** How clients reach the proxy. */
    public sealed interface Security {
        default boolean isPlain() {
            return this instanceof Plain;
        }
    }

    /** Without TLS. */
    public record Plain() implements Security {}

    /**
     * With TLS and a certificate in PEM files.
     *
     * @param certificate absolute path of the chain
     * @param key absolute path of the key
     */
    public record Tls(String certificate, String key) implements Security {
        public Tls {
            checkFile("tls-certificate", certificate);
            checkFile("tls-key", key);
        }
    }

    /** With TLS and a certificate that the proxy itself obtains for this name by ACME. */
    public record Domain(String name) implements Security {
        private static final Pattern NAME = Pattern.compile(
                "(?=.{1,253}$)([0-9A-Za-z]([0-9A-Za-z-]{0,61}[0-9A-Za-z])?\\.)*[0-9A-Za-z]([0-9A-Za-z-]{0,61}[0-9A-Za-z])?");

        public Domain {
            if (!NAME.matcher(name).matches()) {
                throw new ProxyConfigException("domain", name, "must be the name of a host, such as push.example.com");
            }
        }
    }

    /**
     * The sticky cookie.
     *
     * @param secure for HTTPS only, although this proxy itself serves without TLS
     * @param embedding for pages in frames of other sites: {@code SameSite=None; Secure; Partitioned}
     */
    public record Cookie(boolean secure, boolean embedding) {}

    /**
     * Intervals and time limits, in whole milliseconds.
     *
     * @param healthInterval time between two health checks of a node
     * @param healthFall consecutive failures after which a node receives no requests
     * @param drainNotice the nodes' setting of that name; longer than {@code healthInterval} times {@code healthFall}
     * @param streamTimeout silence after which a stream is closed; longer than the nodes' {@code heartbeat}
     */
    public record Timing(Duration healthInterval, int healthFall, Duration drainNotice, Duration streamTimeout) {
        private static final Duration MIN = Duration.ofMillis(10);
        private static final Duration MAX = Duration.ofHours(1);

        public static final Timing DEFAULT =
                new Timing(Duration.ofSeconds(1), 3, Duration.ofSeconds(5), Duration.ofSeconds(60));

        public Timing {
            check("health-interval", healthInterval);
            check("drain-notice", drainNotice);
            check("stream-timeout", streamTimeout);
            if (healthFall < 1 || healthFall > 100) {
                throw new ProxyConfigException("health-fall", healthFall, "must be a whole number from 1 to 100");
            }
            if (healthInterval.multipliedBy(healthFall).compareTo(drainNotice) >= 0) {
                throw new ProxyConfigException(
                        "health-interval",
                        text(healthInterval),
                        "must, times health-fall (" + healthFall + "), be shorter than drain-notice ("
                                + text(drainNotice)
                                + "): otherwise a draining node refuses clients before the proxy has noticed it");
            }
        }

        private static void check(String option, Duration value) {
            if (value.compareTo(MIN) < 0 || value.compareTo(MAX) > 0) {
                throw new ProxyConfigException(option, text(value), "must be from 10ms to 1h");
            }
        }

        /** A duration as all four proxies and our own settings read it. */
        static String text(Duration value) {
            long millis = value.toMillis();
            return millis % 1000 == 0 ? millis / 1000 + "s" : millis + "ms";
        }
    }

    /**
     * Limits of clients.
     *
     * @param maxBodyBytes size of a request's body
     * @param maxConnections connections of clients
     */
    public record Limits(long maxBodyBytes, int maxConnections) {
        public static final Limits DEFAULT = new Limits(64L << 20, 20_000);

        public Limits {
            if (maxBodyBytes < 1 || maxBodyBytes > Integer.MAX_VALUE) {
                throw new ProxyConfigException(
                        "max-body-bytes", maxBodyBytes, "must be a whole number from 1 to " + Integer.MAX_VALUE);
            }
            if (maxConnections < 1 || maxConnections > 1_000_000) {
                throw new ProxyConfigException(
                        "max-connections", maxConnections, "must be a whole number from 1 to 1000000");
            }
        }
    }

    public Site withListen(Listen next) {
        return new Site(next, nodes, routes, security, cookie, timing, limits, basePath);
    }

    public Site withRoutes(Routes next) {
        return new Site(listen, nodes, next, security, cookie, timing, limits, basePath);
    }

    public Site withSecurity(Security next) {
        return new Site(listen, nodes, routes, next, cookie, timing, limits, basePath);
    }

    public Site withCookie(Cookie next) {
        return new Site(listen, nodes, routes, security, next, timing, limits, basePath);
    }

    public Site withTiming(Timing next) {
        return new Site(listen, nodes, routes, security, cookie, next, limits, basePath);
    }

    public Site withLimits(Limits next) {
        return new Site(listen, nodes, routes, security, cookie, timing, next, basePath);
    }

    public Site withBasePath(String next) {
        return new Site(listen, nodes, routes, security, cookie, timing, limits, next);
    }

    /** The path of a node's health check. */
    String healthPath() {
        return basePath + "/_health";
    }

    /** The attribute {@code Path} of the sticky cookie, where the proxy lets us choose it. */
    String cookiePath() {
        return basePath.isEmpty() ? "/" : basePath;
    }

    /** Whether the sticky cookie is {@code Secure}. */
    boolean secureCookie() {
        return cookie.secure() || !security.isPlain();
    }

    /** The attribute {@code SameSite}. */
    String sameSite() {
        return cookie.embedding() ? "None" : "Lax";
    }

    /** The attributes of the sticky cookie, each after a semicolon. */
    String cookieAttributes() {
        return "; Path=" + cookiePath() + "; HttpOnly; SameSite=" + sameSite() + (secureCookie() ? "; Secure" : "")
                + (cookie.embedding() ? "; Partitioned" : "");
    }

    private static void checkFile(String option, String file) {
        boolean plain = file.matches("/[0-9A-Za-z._~/@+-]{1,1000}");
        if (!plain || !Path.of(file).normalize().toString().equals(file)) {
            throw new ProxyConfigException(
                    option, file, "must be an absolute path of letters, digits and . _ ~ @ + - without . or .. parts");
        }
    }
}
