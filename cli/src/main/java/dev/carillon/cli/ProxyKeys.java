package dev.carillon.cli;

import dev.carillon.base.ConfigException;
import dev.carillon.base.Key;
import dev.carillon.base.Settings;
import dev.carillon.proxy.ProxyConfig;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/** Every key by which the proxy is configured. */
final class ProxyKeys {
    static final Key HOST = Key.of("host", "ADDRESS", "127.0.0.1", "Address on which clients are served.");
    static final Key PORT = Key.of("port", "PORT", "8080", "Port on which clients are served; 0: any free one.");
    static final Key NODE = Key.of(
            "node",
            "URL[,URL...]",
            null,
            "Nodes, each as http://HOST:PORT, at least one; they are reached without TLS.");
    static final Key HEALTH_PATH = Key.of(
            "health-path", "PATH", "/_health", "What nodes are asked for: 200 is up, 503 draining, else a failure.");
    static final Key HEALTH_INTERVAL =
            Key.of("health-interval", "DURATION", "1s", "How long between two checks of a node.");
    static final Key HEALTH_TIMEOUT = Key.of("health-timeout", "DURATION", "2s", "How long a check may take.");
    static final Key HEALTH_FALL = Key.of(
            "health-fall",
            "N",
            "3",
            "Failures in a row after which a node is down; a refused connection is enough by itself.");
    static final Key CONNECT_TIMEOUT =
            Key.of("connect-timeout", "DURATION", "1s", "How long connecting to a node may take.");
    static final Key RESPONSE_TIMEOUT = Key.of(
            "response-timeout",
            "DURATION",
            "30s",
            "How long a node may take to begin its answer; streams have no limit after that.");
    static final Key MAX_REQUESTS =
            Key.of("max-requests", "N", "10000", "How many requests and streams may be open together.");
    static final Key MAX_BODY_BYTES =
            Key.of("max-body-bytes", "N", "67108864", "How large the body of a request may be.");
    static final Key CONNECTIONS_PER_ADDRESS = Key.of(
            "connections-per-address",
            "N",
            "25000",
            "How many connections one client address may have open, idle ones included; 0: any number. Trusted proxies have no limit.");
    static final Key STREAMS_PER_ADDRESS = Key.of(
            "streams-per-address",
            "N",
            "5000",
            "How many requests and streams one client address may have open together, and at most half of those that all may; 0: any number.");
    static final Key TRUSTED_PROXIES = Key.of(
            "trusted-proxies",
            "CIDR[,CIDR...]",
            "",
            "Networks of other proxies before this one, whose X-Forwarded- headers are kept.");
    static final Key SECURE_COOKIE =
            Key.flag("secure-cookie", "Set the cookie for HTTPS only, though this proxy itself serves without TLS.");
    static final Key TLS_CERTIFICATE =
            Key.of("tls-certificate", "FILE", null, "Chain of certificates in PEM: serves HTTPS with it.");
    static final Key TLS_KEY =
            Key.of("tls-key", "FILE", null, "Key of the first certificate, in PKCS#8 PEM, RSA or EC, not encrypted.");

    static final List<Key> ALL = List.of(
            HOST,
            PORT,
            NODE,
            HEALTH_PATH,
            HEALTH_INTERVAL,
            HEALTH_TIMEOUT,
            HEALTH_FALL,
            CONNECT_TIMEOUT,
            RESPONSE_TIMEOUT,
            MAX_REQUESTS,
            MAX_BODY_BYTES,
            CONNECTIONS_PER_ADDRESS,
            STREAMS_PER_ADDRESS,
            TRUSTED_PROXIES,
            SECURE_COOKIE,
            TLS_CERTIFICATE,
            TLS_KEY);

    private static final Duration MIN = Duration.ofMillis(10);
    private static final Duration MAX_WAIT = Duration.ofMinutes(1);
    private static final Duration MAX = Duration.ofHours(1);

    private ProxyKeys() {}

    /** @throws RuntimeException that names key, value and rule, for the first value that breaks its rule */
    static ProxyConfig config(Settings settings) {
        ProxyConfig.Listen listen = new ProxyConfig.Listen(settings.required(HOST), settings.integer(PORT, 0, 65_535));
        ProxyConfig.Health health = new ProxyConfig.Health(
                settings.required(HEALTH_PATH),
                settings.duration(HEALTH_INTERVAL, MIN, MAX),
                settings.duration(HEALTH_TIMEOUT, MIN, MAX_WAIT),
                settings.integer(HEALTH_FALL, 1, 100));
        ProxyConfig.Limits limits = new ProxyConfig.Limits(
                settings.duration(CONNECT_TIMEOUT, MIN, MAX_WAIT),
                settings.duration(RESPONSE_TIMEOUT, MIN, MAX),
                ProxyConfig.Limits.DEFAULT.idleTimeout(),
                settings.integer(MAX_REQUESTS, 1, 1_000_000),
                settings.integer(MAX_BODY_BYTES, 0, Integer.MAX_VALUE),
                settings.integer(CONNECTIONS_PER_ADDRESS, 0, 10_000_000),
                settings.integer(STREAMS_PER_ADDRESS, 0, 10_000_000));
        boolean secureCookie = settings.isSet(SECURE_COOKIE);
        Optional<ProxyConfig.TlsFiles> tls = tls(settings);
        // Last: that none is given is said only when all that is given is right.
        return new ProxyConfig(
                listen,
                ProxyConfig.nodes(settings.list(NODE)),
                health,
                limits,
                settings.list(TRUSTED_PROXIES),
                secureCookie,
                tls);
    }

    private static Optional<ProxyConfig.TlsFiles> tls(Settings settings) {
        if (settings.text(TLS_CERTIFICATE).isEmpty() && settings.text(TLS_KEY).isEmpty()) {
            return Optional.empty();
        }
        return Optional.of(new ProxyConfig.TlsFiles(file(settings, TLS_CERTIFICATE), file(settings, TLS_KEY)));
    }

    private static Path file(Settings settings, Key key) {
        String file = settings.text(key)
                .orElseThrow(() -> new ConfigException(
                        key.name(), "(none)", "must be given: tls-certificate and tls-key need each other"));
        try {
            return Path.of(file);
        } catch (InvalidPathException e) {
            throw new ConfigException(key.name(), file, "must be the path of a file");
        }
    }
}
