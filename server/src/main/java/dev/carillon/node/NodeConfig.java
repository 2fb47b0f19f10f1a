package dev.carillon.node;

import dev.carillon.authorizer.AuthorizerConfig;
import dev.carillon.base.ConfigException;
import dev.carillon.base.Platform;
import dev.carillon.base.Settings;
import dev.carillon.broker.BrokerAddress;
import dev.carillon.broker.BrokerOptions;
import dev.carillon.broker.NatsOptions;
import dev.carillon.broker.RedisOptions;
import dev.carillon.cluster.NodeAddress;
import dev.carillon.fanout.FanOutConfig;
import dev.carillon.http.HttpConfig;
import dev.carillon.http.Limits;
import dev.carillon.http.SiteConfig;
import dev.carillon.jwt.JwtConfig;
import dev.carillon.jwt.KeyText;
import dev.carillon.jwt.RequiredClaims;
import dev.carillon.jwt.VerificationKey;
import dev.carillon.mercure.MercureConfig;
import dev.carillon.quota.TenantLimit;
import dev.carillon.quota.TenantLimitTable;
import dev.carillon.rebalance.RebalanceConfig;
import dev.carillon.secret.OperatorToken;
import dev.carillon.secret.Secrets;
import dev.carillon.source.intake.SourceConfig;
import dev.carillon.stream.StreamConfig;
import dev.carillon.trace.TracingOptions;
import dev.carillon.trace.span.TracingConfig;
import dev.carillon.transport.TlsFiles;
import dev.carillon.webhook.WebhookConfig;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Base64;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The checked configuration of a node. It is built from {@link Settings}, or by an application with a {@link Builder}. Immutable. */
public final class NodeConfig {
    private final Settings settings;
    final String nodeId;
    final boolean development;
    final Address listen;
    final Address adminListen;
    /** Token for requests that change something through the admin port; empty: all of them are refused. */
    final Optional<OperatorToken> operators;

    final Address internalListen;
    /** Address at which other nodes reach the internal port. */
    final NodeAddress advertise;

    final int ioThreads;
    final BrokerAddress broker;
    final BrokerOptions brokerOptions;
    final HttpConfig http;
    final Limits limits;
    final FanOutConfig fanOut;
    /** Bytes for all clients together. */
    final long memoryBudget;

    final Duration contextLinger;
    final DrainConfig drain;
    /** Zero: unlimited. */
    final Duration maxAge;

    final RebalanceConfig rebalance;
    final int whyEvents;
    final int warmUp;

    /** HTTP status of {@code /_health} while the broker is unavailable. */
    final int degradedStatus;

    final boolean healthDetail;
    final boolean accessLog;
    /** Whether the admin port has a console. */
    final boolean console;

    /** Empty: the port for clients has no TLS. */
    final Optional<TlsFiles> tls;

    final StreamConfig stream;
    final Duration revocationTtl;
    final TenantLimitTable tenantLimits;
    final Duration presenceGrace;
    /** Empty: there are no webhooks. */
    final Optional<WebhookConfig> webhook;

    final List<SourceConfig> sources;
    /** Empty: nothing is traced. */
    final Optional<TracingOptions> tracing;

    private final AuthorizerConfig authorizer;
    private final JwtConfig jwt;
    private final MercureConfig mercure;

    /**
     * Where to listen.
     *
     * @param port 0: any free port
     */
    record Address(String host, int port) {
        /** The host as a client on this machine reaches it, in a URL. */
        String reachableHost() {
            return switch (host) {
                case "0.0.0.0", "::", "[::]" -> "127.0.0.1";
                default -> host.contains(":") && !host.startsWith("[") ? "[" + host + "]" : host;
            };
        }
    }

    private NodeConfig(Settings settings, Duration stallTimeout) {
        this.settings = settings;
        nodeId = settings.find(NodeKeys.NODE_ID).orElseGet(NodeConfig::randomId);
        development = settings.get(NodeKeys.MODE);
        broker = settings.get(NodeKeys.BROKER);
        int threads = settings.get(NodeKeys.IO_THREADS);
        ioThreads = threads == 0 ? Runtime.getRuntime().availableProcessors() : threads;
        degradedStatus = settings.get(NodeKeys.DEGRADED_STATUS);
        healthDetail = settings.find(NodeKeys.HEALTH_DETAIL).orElse(development);
        accessLog = settings.get(NodeKeys.ACCESS_LOG);
        console = settings.get(NodeKeys.CONSOLE);
        tls = TlsFiles.of(settings.find(NodeKeys.TLS_CERTIFICATE), settings.find(NodeKeys.TLS_KEY));
        authorizer = AuthorizerConfig.of(settings);
        jwt = jwt(settings);
        listen = new Address(settings.get(NodeKeys.HOST), settings.get(NodeKeys.PORT));
        adminListen = new Address(settings.get(NodeKeys.ADMIN_HOST), settings.get(NodeKeys.ADMIN_PORT));
        operators = KeyText.of(settings, NodeKeys.OPERATOR_TOKEN, NodeKeys.OPERATOR_TOKEN_FILE)
                .map(text -> new OperatorToken(NodeKeys.OPERATOR_TOKEN, text));
        internalListen = new Address(settings.get(NodeKeys.INTERNAL_HOST), settings.get(NodeKeys.INTERNAL_PORT));
        advertise = settings.find(NodeKeys.ADVERTISE).orElseGet(() -> listeningAddress(internalListen));
        brokerOptions = new BrokerOptions(
                nodeId,
                settings.get(NodeKeys.BROKER_TIMEOUT),
                settings.get(NodeKeys.BROKER_START_TIMEOUT),
                BrokerOptions.of(nodeId).maxOutstandingBytes(),
                settings.get(NodeKeys.LOG_MAX_EVENTS),
                settings.get(NodeKeys.SCOPE_POLICIES),
                redis(settings, broker),
                nats(settings, broker));
        http = new HttpConfig(
                settings.get(NodeKeys.SECURE_COOKIE) || tls.isPresent(),
                settings.get(NodeKeys.SESSION_MAX_AGE),
                secrets(settings),
                HttpConfig.networks(NodeKeys.TRUSTED_PROXIES.name(), settings.get(NodeKeys.TRUSTED_PROXIES)),
                settings.get(NodeKeys.CORS_ORIGINS),
                settings.get(NodeKeys.COMPRESSION),
                settings.get(NodeKeys.H2C),
                new SiteConfig(
                        settings.get(NodeKeys.BASE_PATH),
                        settings.get(NodeKeys.FRAME_ANCESTORS),
                        settings.get(NodeKeys.UPLOAD_MAX_BYTES)));
        limits = new Limits(
                settings.get(NodeKeys.MAX_CONNECTIONS),
                settings.get(NodeKeys.STREAMS_PER_ADDRESS),
                settings.get(NodeKeys.CONNECTIONS_PER_ADDRESS),
                settings.get(NodeKeys.REQUESTS_PER_ADDRESS),
                settings.get(NodeKeys.TLS_HANDSHAKES),
                settings.get(NodeKeys.SEND_BUFFER),
                settings.get(NodeKeys.HEADER_TIMEOUT),
                settings.get(NodeKeys.BODY_TIMEOUT),
                settings.get(NodeKeys.IDLE_TIMEOUT),
                stallTimeout);
        fanOut = new FanOutConfig(
                settings.get(NodeKeys.OUTBOX_MAX_BYTES),
                settings.get(NodeKeys.OUTBOX_MAX_EVENTS),
                settings.get(NodeKeys.HEARTBEAT),
                settings.get(NodeKeys.SEND_MODE));
        memoryBudget = settings.get(NodeKeys.MEMORY_BUDGET);
        contextLinger = settings.get(NodeKeys.CONTEXT_LINGER);
        drain = new DrainConfig(
                settings.get(NodeKeys.DRAIN_NOTICE),
                settings.get(NodeKeys.DRAIN_TIMEOUT),
                settings.get(NodeKeys.DRAIN_RATE));
        maxAge = settings.get(NodeKeys.MAX_AGE);
        warmUp = settings.get(NodeKeys.WARM_UP);
        rebalance = new RebalanceConfig(
                settings.get(NodeKeys.REBALANCE),
                settings.get(NodeKeys.REBALANCE_RATE),
                settings.get(NodeKeys.STICKY_COOKIE));
        whyEvents = settings.get(NodeKeys.WHY_EVENTS);
        stream = StreamConfig.of(settings);
        revocationTtl = settings.get(NodeKeys.REVOCATION_TTL);
        tenantLimits = TenantLimitTable.of(
                new TenantLimit(
                        settings.get(NodeKeys.TENANT_CONNECTIONS),
                        settings.get(NodeKeys.TENANT_BROADCAST_RATE),
                        settings.get(NodeKeys.TENANT_BYTES)),
                settings.get(NodeKeys.TENANT_LIMITS));
        presenceGrace = settings.get(NodeKeys.PRESENCE_GRACE);
        webhook = WebhookConfig.of(settings);
        sources = SourceConfig.of(settings);
        tracing = TracingConfig.of(settings, nodeId, NodeMetrics.version());
        mercure = MercureConfig.of(settings, jwt);
        // Last: an error in a value is reported before a missing value.
        requireKeys(settings, broker);
    }

    /** @throws ConfigException for the first value that breaks its rule; if there is none, for the first missing value */
    public static NodeConfig of(Settings settings) {
        return new NodeConfig(settings, Limits.STALL_TIMEOUT);
    }

    /** For applications that embed a node. Settings that are not set have their defaults; the environment is not read. */
    public static Builder builder() {
        return new Builder();
    }

    /** The same settings with another limit for HTTP/2 clients that read nothing. Generated values (node id, secret) are generated again. For tests. */
    NodeConfig stallTimeout(Duration timeout) {
        return new NodeConfig(settings, timeout);
    }

    /** Prefix of all paths of the port for clients; empty: none. */
    public String basePath() {
        return http.site().basePath();
    }

    /** How the node verifies tokens. */
    @SuppressWarnings("exports")
    public JwtConfig jwt() {
        return jwt;
    }

    /** Whether the node verifies JWTs. */
    boolean hasJwtKey() {
        return jwtKey(settings).isPresent();
    }

    AuthorizerConfig authorizer() {
        return authorizer;
    }

    @SuppressWarnings("exports")
    public MercureConfig mercure() {
        return mercure;
    }

    /**
     * Sets what is on the command line a flag of the same name. Not thread-safe.
     *
     * <p>A bad value is an error of {@link #build()}, with the same message as on the command line.
     */
    public static final class Builder {
        private final Map<String, String> flags = new HashMap<>();

        private Builder() {}

        /** Development mode: the page at {@code /} shows whether the node works. Default: production mode. */
        public Builder development() {
            return set("mode", "development");
        }

        public Builder nodeId(String value) {
            return set("node-id", value);
        }

        public Builder host(String value) {
            return set("host", value);
        }

        /** @param value 0: any free port; see {@link Node#port()} */
        public Builder port(int value) {
            return set("port", Integer.toString(value));
        }

        public Builder adminHost(String value) {
            return set("admin-host", value);
        }

        /** @param value 0: any free port; see {@link Node#adminPort()} */
        public Builder adminPort(int value) {
            return set("admin-port", Integer.toString(value));
        }

        public Builder internalHost(String value) {
            return set("internal-host", value);
        }

        /** @param value 0: any free port; see {@link Node#internalPort()} */
        public Builder internalPort(int value) {
            return set("internal-port", Integer.toString(value));
        }

        /** @param value {@code HOST} or {@code HOST:PORT} at which the other nodes reach the internal port */
        public Builder advertise(String value) {
            return set("advertise", value);
        }

        /** @param value {@code memory}, {@code redis://HOST:PORT} or {@code nats://HOST:PORT} */
        public Builder broker(String value) {
            return set("broker", value);
        }

        /** @param values of at least 16 characters each, without commas: the first signs, all verify */
        public Builder secrets(String... values) {
            return set("secret", String.join(",", values));
        }

        /** @param value a shared secret of at least 32 bytes, or a public key or certificate in PEM */
        public Builder jwtKey(String value) {
            return set("jwt-key", value);
        }

        /** @param value such as {@code HS256}, the default, or {@code ES256} */
        public Builder jwtAlgorithm(String value) {
            return set("jwt-alg", value);
        }

        /**
         * Lets the application decide about clients.
         *
         * @param url such as {@code https://app.example.com/authorize}
         * @param key signs the requests to it, at least 16 characters
         */
        public Builder authorizer(String url, String key) {
            return set("authorizer", url).set("authorizer-key", key);
        }

        /** Lets clients without a token connect and receive public events. */
        public Builder anonymous() {
            return set("anonymous", "true");
        }

        /** @param value of at least 32 characters */
        public Builder operatorToken(String value) {
            return set("operator-token", value);
        }

        /**
         * Serves clients over HTTPS.
         *
         * @param certificate chain in PEM
         * @param key of the first certificate, PKCS#8 PEM
         */
        public Builder tls(Path certificate, Path key) {
            return set("tls-certificate", certificate.toString()).set("tls-key", key.toString());
        }

        /** @param networks in CIDR notation */
        public Builder trustedProxies(String... networks) {
            return set("trusted-proxies", String.join(",", networks));
        }

        /** @param origins such as {@code https://shop.example} */
        public Builder corsOrigins(String... origins) {
            return set("cors-origins", String.join(",", origins));
        }

        /** @param rows such as {@code topic:chat/*=500/10m} */
        public Builder scopePolicies(String... rows) {
            return set("scope-policies", String.join(",", rows));
        }

        /** Durations of {@link Node#drain()}, in whole milliseconds: the total includes the notice. */
        public Builder drain(Duration notice, Duration total) {
            return set("drain-notice", notice.toMillis() + "ms").set("drain-timeout", total.toMillis() + "ms");
        }

        /**
         * Sets any setting of {@code carillon serve}.
         *
         * @param name the flag without its dashes, such as {@code max-connections}
         * @param value as on the command line, such as {@code 10s}
         */
        public Builder set(String name, String value) {
            flags.put(name, value);
            return this;
        }

        /** @throws ConfigException for an unknown name, a value that breaks its rule, or a missing value */
        public NodeConfig build() {
            return of(Settings.of(NodeKeys.ALL, flags));
        }
    }

    /** A broker of another kind would silently acknowledge without the replicas. */
    private static RedisOptions redis(Settings settings, BrokerAddress broker) {
        int replicas = settings.get(NodeKeys.REDIS_REPLICAS);
        if (replicas > 0 && !broker.scheme().startsWith("redis")) {
            throw new ConfigException(NodeKeys.REDIS_REPLICAS, replicas, "needs a broker such as redis+sentinel://…");
        }
        return new RedisOptions(settings.get(NodeKeys.REDIS_PREFIX), replicas);
    }

    /** With another broker these settings would have no effect, and events would have no replicas. */
    private static NatsOptions nats(Settings settings, BrokerAddress broker) {
        NatsOptions options = new NatsOptions(
                settings.get(NodeKeys.NATS_REPLICAS),
                settings.find(NodeKeys.NATS_CREDENTIALS_FILE),
                settings.find(NodeKeys.NATS_NKEY_FILE),
                settings.find(NodeKeys.NATS_CA_FILE));
        if (!options.equals(NatsOptions.DEFAULT)
                && !broker.scheme().equals("nats")
                && !broker.scheme().equals("tls")) {
            throw new ConfigException(
                    NodeKeys.BROKER, broker, "must be nats://HOST:PORT or tls://HOST:PORT with a nats- setting");
        }
        return options;
    }

    /** A wildcard address is an error: the node cannot know which of the machine's addresses the other nodes reach. */
    private static NodeAddress listeningAddress(Address internal) {
        String host = internal.host();
        boolean bracketed = host.startsWith("[") && host.endsWith("]");
        try {
            return new NodeAddress(bracketed ? host.substring(1, host.length() - 1) : host, internal.port());
        } catch (IllegalArgumentException e) {
            throw new ConfigException(
                    NodeKeys.ADVERTISE,
                    "(none)",
                    "must be given, as HOST or HOST:PORT at which the other nodes reach this one, when internal-host"
                            + " is "
                            + host);
        }
    }

    private static void requireKeys(Settings settings, BrokerAddress broker) {
        if (jwtKey(settings).isEmpty()
                && !isAsked(settings)
                && !MercureConfig.needsNoKey(settings, settings.get(NodeKeys.ANONYMOUS))) {
            throw new ConfigException(
                    NodeKeys.JWT_KEY.name(),
                    "(none)",
                    "must be given (or --jwt-key-file, or CARILLON_JWT_KEY): it verifies tokens and has no default");
        }
        if (settings.get(NodeKeys.SECRET).isEmpty() && !broker.scheme().equals("memory")) {
            throw new ConfigException(
                    NodeKeys.SECRET.name(),
                    "(none)",
                    "must be given, the same on every node, when a broker joins the nodes");
        }
    }

    /** With the broker in memory there is one node, whose sessions may end with the process: it can have a random secret. */
    private static Secrets secrets(Settings settings) {
        List<String> given = settings.get(NodeKeys.SECRET);
        return given.isEmpty() ? Secrets.random(Platform.system().secureRandom()) : new Secrets(given);
    }

    private static JwtConfig jwt(Settings settings) {
        boolean anonymous = settings.get(NodeKeys.ANONYMOUS);
        return verification(settings, anonymous)
                .requiring(
                        new RequiredClaims(settings.find(NodeKeys.JWT_ISSUER), settings.find(NodeKeys.JWT_AUDIENCE)));
    }

    /** A node that is only a Mercure hub needs no key of its own; its other endpoints then refuse every token. */
    private static JwtConfig verification(Settings settings, boolean anonymous) {
        Optional<String> key = jwtKey(settings);
        Optional<String> additional =
                KeyText.of(settings, NodeKeys.JWT_KEY_ADDITIONAL, NodeKeys.JWT_KEY_ADDITIONAL_FILE);
        if (key.isPresent()) {
            String algorithm = settings.get(NodeKeys.JWT_ALG);
            JwtConfig config = JwtConfig.of(algorithm, key.get(), anonymous);
            return additional
                    .map(text -> config.alsoVerifying(
                            new JwtConfig.Names(NodeKeys.JWT_ALG.name(), NodeKeys.JWT_KEY_ADDITIONAL.name()),
                            algorithm,
                            text))
                    .orElse(config);
        }
        if (additional.isPresent()) {
            throw new ConfigException(
                    NodeKeys.JWT_KEY_ADDITIONAL.name(), "(hidden)", "must not be set without jwt-key or jwt-key-file");
        }
        return isAsked(settings) || MercureConfig.needsNoKey(settings, anonymous)
                ? new JwtConfig(new VerificationKey.None(), anonymous)
                // Not used: a missing key is reported at the end.
                : JwtConfig.of("HS256", randomKey(), anonymous);
    }

    /** Whether the application decides about tokens, so that the node needs no key. */
    private static boolean isAsked(Settings settings) {
        return AuthorizerConfig.of(settings).http() != null;
    }

    private static Optional<String> jwtKey(Settings settings) {
        return KeyText.of(settings, NodeKeys.JWT_KEY, NodeKeys.JWT_KEY_FILE);
    }

    private static String randomKey() {
        return Base64.getEncoder().encodeToString(random(32));
    }

    private static String randomId() {
        return "node-" + HexFormat.of().formatHex(random(4));
    }

    private static byte[] random(int length) {
        byte[] bytes = new byte[length];
        Platform.system().secureRandom().nextBytes(bytes);
        return bytes;
    }
}
