package dev.carillon.cli.base;

import dev.carillon.base.ConfigException;
import dev.carillon.base.Key;
import dev.carillon.base.Keys;
import dev.carillon.base.Settings;
import dev.carillon.http.SiteConfig;
import dev.carillon.proxy.ProxyConfig;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/** The settings of the proxy, each declared once with its type, bounds, default and help. */
public final class ProxyKeys {
    private static final Keys KEYS = new Keys();
    private static final Duration MIN = Duration.ofMillis(10);
    private static final Duration MINUTE = Duration.ofMinutes(1);
    private static final Duration HOUR = Duration.ofHours(1);
    private static final int MAX_CLIENTS = 10_000_000;

    public static final Key<String> HOST =
            KEYS.declare(Key.text("host", "ADDRESS", "127.0.0.1", "Address to listen on for clients."));
    public static final Key<Integer> PORT =
            KEYS.declare(Key.port("port", 8080, "Port to listen on for clients; 0: any free port.")
                    .alias(Key.PLATFORM_PORT));
    public static final Key<List<String>> NODE = KEYS.declare(
            Key.list("node", "URL", "Nodes, each as http://HOST:PORT or, with TLS, https://HOST:PORT; at least one."));
    static final Key<String> BASE_PATH = KEYS.declare(Key.of(
            "base-path",
            "PATH",
            "/",
            "The base path of the nodes, such as /myapp: path of the cookie, and before the default of health-path.",
            (key, text) -> SiteConfig.basePath(key.name(), text)));
    public static final Key<String> HEALTH_PATH = KEYS.declare(Key.text(
            "health-path",
            "PATH",
            "/_health",
            "Path of the health check of a node. Status 200 means up, 503 draining, any other a failure."));
    public static final Key<Duration> HEALTH_INTERVAL = KEYS.declare(
            Key.duration("health-interval", "1s", MIN, HOUR, "Interval between two health checks of a node."));
    public static final Key<Duration> HEALTH_TIMEOUT =
            KEYS.declare(Key.duration("health-timeout", "2s", MIN, MINUTE, "Maximum time for a health check."));
    public static final Key<Integer> HEALTH_FALL = KEYS.declare(Key.integer(
            "health-fall",
            "N",
            3,
            1,
            100,
            "Number of consecutive failures after which a node is down. A refused connection is enough by itself."));
    public static final Key<Duration> CONNECT_TIMEOUT =
            KEYS.declare(Key.duration("connect-timeout", "2s", MIN, MINUTE, "Maximum time for connecting to a node."));
    public static final Key<Duration> RESPONSE_TIMEOUT = KEYS.declare(Key.duration(
            "response-timeout",
            "30s",
            MIN,
            HOUR,
            "Maximum time until a node begins its answer; a stream has no limit after that."));
    public static final Key<Integer> MAX_REQUESTS = KEYS.declare(
            Key.integer("max-requests", "N", 10_000, 1, 1_000_000, "Maximum number of open requests and streams."));
    public static final Key<Integer> MAX_BODY_BYTES = KEYS.declare(Key.integer(
            "max-body-bytes", "N", 67_108_864, 0, Integer.MAX_VALUE, "Maximum size of the body of a request."));
    public static final Key<Integer> CONNECTIONS_PER_ADDRESS = KEYS.declare(
            Key.integer(
                    "connections-per-address",
                    "N",
                    25_000,
                    0,
                    MAX_CLIENTS,
                    "Maximum number of connections of one client address, idle ones included; 0: no limit. Trusted proxies have no limit."));
    public static final Key<Integer> STREAMS_PER_ADDRESS = KEYS.declare(
            Key.integer(
                    "streams-per-address",
                    "N",
                    5_000,
                    0,
                    MAX_CLIENTS,
                    "Maximum number of open requests and streams of one client address, and never more than half of max-requests; 0: no limit."));
    public static final Key<List<String>> TRUSTED_PROXIES = KEYS.declare(Key.list(
            "trusted-proxies",
            "CIDR",
            "Networks of other proxies in front of this one, whose X-Forwarded- headers are kept."));
    public static final Key<Boolean> SECURE_COOKIE = KEYS.declare(
            Key.flag("secure-cookie", "Set the cookie for HTTPS only, although this proxy itself serves without TLS."));
    static final Key<Boolean> EMBEDDING = KEYS.declare(Key.flag(
            "embedding",
            "Set the cookie for pages in frames of other sites: SameSite=None; Secure; Partitioned. Needs HTTPS."));
    static final Key<String> ADMIN_HOST = KEYS.declare(
            Key.text("admin-host", "ADDRESS", "127.0.0.1", "Address to listen on for /metrics and /health."));
    static final Key<Integer> ADMIN_PORT = KEYS.declare(Key.of(
            "admin-port",
            "PORT",
            null,
            "Port to listen on for /metrics and /health; 0: any free port. Without it they are not served.",
            Key.port("admin-port", 0, "").parser()));
    public static final Key<Path> TLS_CERTIFICATE =
            KEYS.declare(Key.file("tls-certificate", "Certificate chain in PEM. With it the proxy serves HTTPS."));
    public static final Key<Path> TLS_KEY =
            KEYS.declare(Key.file("tls-key", "Key of the first certificate, in PKCS#8 PEM, RSA or EC, not encrypted."));

    public static final List<Key<?>> ALL = KEYS.list();

    private ProxyKeys() {}

    /** @throws RuntimeException that names key, value and rule, for the first value that breaks its rule */
    public static ProxyConfig config(Settings settings) {
        ProxyConfig.Listen listen = new ProxyConfig.Listen(settings.get(HOST), settings.get(PORT));
        String basePath = settings.get(BASE_PATH);
        ProxyConfig.Cookie cookie = new ProxyConfig.Cookie(
                settings.get(SECURE_COOKIE), settings.get(EMBEDDING), basePath.isEmpty() ? "/" : basePath);
        ProxyConfig.Health health = new ProxyConfig.Health(
                (settings.text(HEALTH_PATH).isPresent() ? "" : basePath) + settings.get(HEALTH_PATH),
                settings.get(HEALTH_INTERVAL),
                settings.get(HEALTH_TIMEOUT),
                settings.get(HEALTH_FALL));
        ProxyConfig.Limits limits = new ProxyConfig.Limits(
                settings.get(CONNECT_TIMEOUT),
                settings.get(RESPONSE_TIMEOUT),
                ProxyConfig.Limits.DEFAULT.idleTimeout(),
                settings.get(MAX_REQUESTS),
                settings.get(MAX_BODY_BYTES),
                settings.get(CONNECTIONS_PER_ADDRESS),
                settings.get(STREAMS_PER_ADDRESS));
        Optional<ProxyConfig.TlsFiles> tls = tls(settings);
        // Last: an error in a value is reported before missing nodes.
        return new ProxyConfig(
                listen,
                ProxyConfig.nodes(settings.get(NODE)),
                health,
                limits,
                settings.get(TRUSTED_PROXIES),
                cookie,
                tls,
                settings.find(ADMIN_PORT).map(port -> new ProxyConfig.Listen(settings.get(ADMIN_HOST), port)));
    }

    private static Optional<ProxyConfig.TlsFiles> tls(Settings settings) {
        if (settings.find(TLS_CERTIFICATE).isEmpty() && settings.find(TLS_KEY).isEmpty()) {
            return Optional.empty();
        }
        return Optional.of(new ProxyConfig.TlsFiles(file(settings, TLS_CERTIFICATE), file(settings, TLS_KEY)));
    }

    private static Path file(Settings settings, Key<Path> key) {
        return settings.find(key)
                .orElseThrow(() -> new ConfigException(
                        key, "(none)", "must be given: tls-certificate and tls-key need each other"));
    }
}
