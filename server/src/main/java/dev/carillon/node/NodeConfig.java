package dev.carillon.node;

import dev.carillon.base.ConfigException;
import dev.carillon.base.Platform;
import dev.carillon.base.Settings;
import dev.carillon.broker.BrokerAddress;
import dev.carillon.broker.BrokerOptions;
import dev.carillon.broker.Brokers;
import dev.carillon.cluster.NodeAddress;
import dev.carillon.fanout.FanOutConfig;
import dev.carillon.http.HttpConfig;
import dev.carillon.http.Limits;
import dev.carillon.http.Sessions;
import dev.carillon.jwt.JwtConfig;
import dev.carillon.jwt.KeyText;
import dev.carillon.jwt.RequiredClaims;
import dev.carillon.jwt.VerificationKey;
import dev.carillon.limits.BudgetSize;
import dev.carillon.mercure.MercureConfig;
import dev.carillon.scope.ScopePolicies;
import dev.carillon.secret.OperatorToken;
import dev.carillon.secret.Secrets;
import dev.carillon.socket.SendMode;
import dev.carillon.transport.TlsFiles;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.Optional;

/**
 * Everything a node is configured with; cannot hold a bad value.
 *
 * @param development whether the node has what only developers need
 * @param operators the token of those who may act on the admin port; empty: none may
 * @param advertise where other nodes reach the internal port
 * @param broker address of the broker
 * @param memoryBudget bytes that clients may take together
 * @param contextLinger how long a context outlives its connection, 0 to 10 min
 * @param drain how the node leaves
 * @param degradedStatus HTTP status of {@code /_health} while the broker is away
 * @param healthDetail whether {@code /_health} tells more than the status
 * @param tls empty: clients are served in the clear
 * @param mercure the hub that is served beside the rest
 */
@SuppressWarnings("exports") // Of its parts only those are API whose types are.
public record NodeConfig(
        String nodeId,
        boolean development,
        Address listen,
        Address adminListen,
        Optional<OperatorToken> operators,
        Address internalListen,
        NodeAddress advertise,
        int ioThreads,
        BrokerAddress broker,
        BrokerOptions brokerOptions,
        HttpConfig http,
        Limits limits,
        JwtConfig jwt,
        FanOutConfig fanOut,
        long memoryBudget,
        Duration contextLinger,
        DrainConfig drain,
        int degradedStatus,
        boolean healthDetail,
        Optional<TlsFiles> tls,
        MercureConfig mercure) {
    /**
     * Where to listen.
     *
     * @param port 0: any free one
     */
    public record Address(String host, int port) {}

    /** @throws ConfigException for the first value that breaks its rule; where there is none, for the first that is missing */
    public static NodeConfig of(Settings settings) {
        NodeConfig config = given(settings);
        mustHaveKeys(settings, config.broker());
        return config;
    }

    /** With random keys in place of missing ones. */
    private static NodeConfig given(Settings settings) {
        String nodeId = settings.text(NodeKeys.NODE_ID).orElseGet(NodeConfig::randomId);
        if (!nodeId.matches("[A-Za-z0-9._-]{1,64}")) {
            throw new ConfigException("node-id", nodeId, "must be 1 to 64 letters, digits, '.', '_' or '-'");
        }
        BrokerAddress broker = Brokers.address(settings.required(NodeKeys.BROKER));
        int ioThreads = settings.integer(NodeKeys.IO_THREADS, 0, 1_024);
        int degradedStatus = settings.integer(NodeKeys.DEGRADED_STATUS, 200, 503);
        if (degradedStatus != 200 && degradedStatus != 503) {
            throw new ConfigException("degraded-status", degradedStatus, "must be 200 or 503");
        }
        Optional<TlsFiles> tls = TlsFiles.of(settings.text(TlsFiles.CERTIFICATE), settings.text(TlsFiles.KEY));
        JwtConfig jwt = jwt(settings);
        Address internal = new Address(
                settings.required(NodeKeys.INTERNAL_HOST), settings.integer(NodeKeys.INTERNAL_PORT, 0, 65_535));
        return new NodeConfig(
                nodeId,
                development(settings),
                new Address(settings.required(NodeKeys.HOST), settings.integer(NodeKeys.PORT, 0, 65_535)),
                new Address(settings.required(NodeKeys.ADMIN_HOST), settings.integer(NodeKeys.ADMIN_PORT, 0, 65_535)),
                KeyText.of(settings, NodeKeys.OPERATOR_TOKEN, NodeKeys.OPERATOR_TOKEN_FILE)
                        .map(text -> new OperatorToken(NodeKeys.OPERATOR_TOKEN, text)),
                internal,
                advertised(settings, internal),
                ioThreads == 0 ? Runtime.getRuntime().availableProcessors() : ioThreads,
                broker,
                new BrokerOptions(
                        nodeId,
                        settings.duration(NodeKeys.BROKER_TIMEOUT, Duration.ofMillis(50), Duration.ofSeconds(60)),
                        settings.duration(NodeKeys.BROKER_START_TIMEOUT, Duration.ofMillis(50), Duration.ofMinutes(5)),
                        BrokerOptions.of(nodeId).maxOutstandingBytes(),
                        settings.integer(NodeKeys.LOG_MAX_EVENTS, 1, 100_000_000),
                        ScopePolicies.parse(settings.list(NodeKeys.SCOPE_POLICIES))),
                new HttpConfig(
                        settings.isSet(NodeKeys.SECURE_COOKIE) || tls.isPresent(),
                        settings.duration(NodeKeys.SESSION_MAX_AGE, Sessions.MAX_AGE_MIN, Sessions.MAX_AGE_MAX),
                        secrets(settings),
                        HttpConfig.networks(NodeKeys.TRUSTED_PROXIES.name(), settings.list(NodeKeys.TRUSTED_PROXIES)),
                        settings.list(NodeKeys.CORS_ORIGINS),
                        compression(settings),
                        settings.isSet(NodeKeys.H2C)),
                limits(settings),
                jwt,
                new FanOutConfig(
                        settings.integer(NodeKeys.OUTBOX_MAX_BYTES, 0, Integer.MAX_VALUE),
                        settings.integer(NodeKeys.OUTBOX_MAX_EVENTS, 0, Integer.MAX_VALUE),
                        settings.duration(NodeKeys.HEARTBEAT, Duration.ofSeconds(1), Duration.ofMinutes(10)),
                        SendMode.parse("send-mode", settings.required(NodeKeys.SEND_MODE))),
                BudgetSize.parse(NodeKeys.MEMORY_BUDGET.name(), settings.required(NodeKeys.MEMORY_BUDGET)),
                settings.duration(NodeKeys.CONTEXT_LINGER, Duration.ZERO, Duration.ofMinutes(10)),
                new DrainConfig(
                        settings.duration(NodeKeys.DRAIN_NOTICE, Duration.ZERO, DrainConfig.TIMEOUT_MAX),
                        settings.duration(NodeKeys.DRAIN_TIMEOUT, Duration.ZERO, DrainConfig.TIMEOUT_MAX)),
                degradedStatus,
                healthDetail(settings),
                tls,
                MercureConfig.of(settings, jwt));
    }

    /** The same, but that a client of HTTP/2 may take nothing of its stream for so long. */
    NodeConfig stallTimeout(Duration timeout) {
        Limits same = limits;
        return new NodeConfig(
                nodeId,
                development,
                listen,
                adminListen,
                operators,
                internalListen,
                advertise,
                ioThreads,
                broker,
                brokerOptions,
                http,
                new Limits(
                        same.maxConnections(),
                        same.streamsPerAddress(),
                        same.connectionsPerAddress(),
                        same.requestsPerAddress(),
                        same.sendBuffer(),
                        same.headerTimeout(),
                        same.bodyTimeout(),
                        same.idleTimeout(),
                        timeout),
                jwt,
                fanOut,
                memoryBudget,
                contextLinger,
                drain,
                degradedStatus,
                healthDetail,
                tls,
                mercure);
    }

    /** Nothing is guessed: which of a machine's addresses the other nodes reach cannot be told here. */
    private static NodeAddress advertised(Settings settings, Address internal) {
        Optional<String> given = settings.text(NodeKeys.ADVERTISE);
        if (given.isPresent()) {
            return NodeAddress.of(NodeKeys.ADVERTISE, given.get());
        }
        String host = internal.host();
        boolean bracketed = host.startsWith("[") && host.endsWith("]");
        try {
            return new NodeAddress(bracketed ? host.substring(1, host.length() - 1) : host, internal.port());
        } catch (IllegalArgumentException e) {
            throw new ConfigException(
                    NodeKeys.ADVERTISE,
                    "(none)",
                    "must be given, as HOST or HOST:PORT by which the other nodes reach this one, where internal-host is "
                            + host);
        }
    }

    private static boolean development(Settings settings) {
        String mode = settings.required(NodeKeys.MODE);
        if (!mode.equals("production") && !mode.equals("development")) {
            throw new ConfigException("mode", mode, "must be production or development");
        }
        return mode.equals("development");
    }

    private static boolean healthDetail(Settings settings) {
        return switch (settings.text(NodeKeys.HEALTH_DETAIL).orElse("")) {
            case "" -> development(settings);
            case "on" -> true;
            case "off" -> false;
            default ->
                throw new ConfigException(
                        "health-detail", settings.required(NodeKeys.HEALTH_DETAIL), "must be on or off");
        };
    }

    private static boolean compression(Settings settings) {
        String value = settings.required(NodeKeys.COMPRESSION);
        if (!value.equals("gzip") && !value.equals("off")) {
            throw new ConfigException("compression", value, "must be gzip or off");
        }
        return value.equals("gzip");
    }

    private static Limits limits(Settings settings) {
        return new Limits(
                settings.integer(NodeKeys.MAX_CONNECTIONS, 0, 10_000_000),
                settings.integer(NodeKeys.STREAMS_PER_ADDRESS, 0, 10_000_000),
                settings.integer(NodeKeys.CONNECTIONS_PER_ADDRESS, 0, 10_000_000),
                settings.integer(NodeKeys.REQUESTS_PER_ADDRESS, 0, 1_000_000),
                settings.integer(NodeKeys.SEND_BUFFER, 0, Limits.SEND_BUFFER_MAX),
                settings.duration(NodeKeys.HEADER_TIMEOUT, Limits.TIMEOUT_MIN, Limits.TIMEOUT_MAX),
                settings.duration(NodeKeys.BODY_TIMEOUT, Limits.TIMEOUT_MIN, Limits.TIMEOUT_MAX),
                settings.duration(NodeKeys.IDLE_TIMEOUT, Limits.TIMEOUT_MIN, Limits.TIMEOUT_MAX),
                Limits.STALL_TIMEOUT);
    }

    private static void mustHaveKeys(Settings settings, BrokerAddress broker) {
        if (KeyText.of(settings, NodeKeys.JWT_KEY, NodeKeys.JWT_KEY_FILE).isEmpty()
                && !MercureConfig.needsNoKey(settings, settings.isSet(NodeKeys.ANONYMOUS))) {
            throw new ConfigException(
                    "jwt-key",
                    "(none)",
                    "must be given (or --jwt-key-file, or CARILLON_JWT_KEY): there is no default, tokens are verified with it");
        }
        if (settings.list(NodeKeys.SECRET).isEmpty() && !broker.scheme().equals("memory")) {
            throw new ConfigException(
                    "secret", "(none)", "must be given, the same on every node, where a broker joins several");
        }
    }

    /** Sessions of one node on the embedded broker may end with it; those of a cluster must hold on every node. */
    private static Secrets secrets(Settings settings) {
        List<String> given = settings.list(NodeKeys.SECRET);
        if (!given.isEmpty()) {
            return new Secrets(given);
        }
        return Secrets.random(Platform.system().secureRandom());
    }

    private static String randomSecret() {
        byte[] random = new byte[32];
        Platform.system().secureRandom().nextBytes(random);
        return Base64.getEncoder().encodeToString(random);
    }

    /** A node whose hub needs no key of the node may be a hub alone: every token of the node's own endpoints is refused. */
    private static JwtConfig jwt(Settings settings) {
        return verified(settings)
                .requiring(
                        new RequiredClaims(settings.text(NodeKeys.JWT_ISSUER), settings.text(NodeKeys.JWT_AUDIENCE)));
    }

    private static JwtConfig verified(Settings settings) {
        Optional<String> key = KeyText.of(settings, NodeKeys.JWT_KEY, NodeKeys.JWT_KEY_FILE);
        boolean anonymous = settings.isSet(NodeKeys.ANONYMOUS);
        if (key.isEmpty() && MercureConfig.needsNoKey(settings, anonymous)) {
            return new JwtConfig(new VerificationKey.None(), anonymous);
        }
        return key.isEmpty()
                ? JwtConfig.of("HS256", randomSecret(), anonymous)
                : JwtConfig.of(settings.required(NodeKeys.JWT_ALG), key.get(), anonymous);
    }

    private static String randomId() {
        byte[] bytes = new byte[4];
        Platform.system().secureRandom().nextBytes(bytes);
        return "node-" + java.util.HexFormat.of().formatHex(bytes);
    }
}
