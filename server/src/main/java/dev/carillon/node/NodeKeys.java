package dev.carillon.node;

import dev.carillon.authorizer.AuthorizerConfig;
import dev.carillon.autopsy.Autopsy;
import dev.carillon.base.Key;
import dev.carillon.base.Keys;
import dev.carillon.broker.BrokerAddress;
import dev.carillon.broker.Brokers;
import dev.carillon.broker.RedisOptions;
import dev.carillon.cluster.NodeAddress;
import dev.carillon.http.Limits;
import dev.carillon.http.Sessions;
import dev.carillon.http.SiteConfig;
import dev.carillon.limits.BudgetSize;
import dev.carillon.rebalance.RebalanceConfig;
import dev.carillon.scope.ScopePolicies;
import dev.carillon.socket.SendMode;
import dev.carillon.source.intake.SourceConfig;
import dev.carillon.trace.span.TracingConfig;
import dev.carillon.transport.TlsFiles;
import dev.carillon.webhook.WebhookConfig;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;

/** The settings of a node, each declared once with its type, bounds, default and help. Endpoints declare their own. */
@SuppressWarnings("exports") // Some values have a type that is not API.
public final class NodeKeys {
    private static final Keys KEYS = new Keys();
    private static final int MAX_CLIENTS = 10_000_000;

    public static final Key<String> HOST =
            KEYS.declare(Key.text("host", "ADDRESS", "127.0.0.1", "Address to listen on for clients."));
    public static final Key<Integer> PORT =
            KEYS.declare(Key.port("port", 8080, "Port to listen on for clients; 0: any free port.")
                    .alias(Key.PLATFORM_PORT));
    public static final Key<String> ADMIN_HOST = KEYS.declare(Key.text(
            "admin-host",
            "ADDRESS",
            "127.0.0.1",
            "Address of the admin port. Choose one that only operators can reach."));
    public static final Key<Integer> ADMIN_PORT = KEYS.declare(
            Key.port("admin-port", 9080, "Port for metrics, health checks and operators; 0: any free port."));
    public static final Key<String> OPERATOR_TOKEN = KEYS.declare(
            Key.secret(
                    "operator-token",
                    "TOKEN",
                    "Token of the operators, at least 32 characters, sent as Authorization: Bearer. Without it the admin port refuses every request that changes something."));
    public static final Key<String> OPERATOR_TOKEN_FILE = KEYS.declare(Key.text(
            "operator-token-file", "FILE", null, "File with the operators' token, instead of --operator-token."));
    public static final Key<Boolean> CONSOLE = KEYS.declare(
            Key.onOff(
                    "console",
                    "on",
                    "Whether the admin port has a console at /console: on or off. It shows and does nothing without the operators' token."));
    public static final Key<String> INTERNAL_HOST = KEYS.declare(Key.text(
            "internal-host",
            "ADDRESS",
            "127.0.0.1",
            "Address of the internal port. Choose one that only the other nodes can reach."));
    public static final Key<Integer> INTERNAL_PORT =
            KEYS.declare(Key.port("internal-port", 7080, "Port for calls from the other nodes; 0: any free port."));
    public static final Key<NodeAddress> ADVERTISE = KEYS.declare(Key.of(
            "advertise",
            "HOST[:PORT]",
            null,
            "Address at which the other nodes reach the internal port. Default: internal-host and internal-port. Required when internal-host is a wildcard address.",
            NodeAddress::of));
    public static final Key<String> NODE_ID = KEYS.declare(Key.matching(
            "node-id",
            "ID",
            null,
            "[A-Za-z0-9._-]{1,64}",
            "must be 1 to 64 letters, digits, '.', '_' or '-'",
            "Name of this node in its cluster, 1 to 64 of A-Z a-z 0-9 . _ -. Default: a random name."));
    /** Whether the node is in development mode. */
    public static final Key<Boolean> MODE = KEYS.declare(Key.choice(
                    "mode",
                    "MODE",
                    "production",
                    "production or development. In development the page at / shows whether the node works, and live pages have the dev bar; up and dev always use development.",
                    "production",
                    "development")
            .as("development"::equals));

    public static final Key<BrokerAddress> BROKER = KEYS.declare(Key.of(
            "broker",
            "ADDRESS",
            "memory",
            "Broker that carries events between nodes: memory, redis://HOST:PORT or nats://HOST:PORT.",
            (key, text) -> Brokers.address(text)));
    public static final Key<Duration> BROKER_TIMEOUT = KEYS.declare(Key.duration(
            "broker-timeout",
            "2s",
            Duration.ofMillis(50),
            Duration.ofSeconds(60),
            "Maximum time for an answer of the broker."));
    public static final Key<Duration> BROKER_START_TIMEOUT = KEYS.declare(Key.duration(
            "broker-start-timeout",
            "15s",
            Duration.ofMillis(50),
            Duration.ofMinutes(5),
            "Maximum time for the broker's first answer when the node starts."));
    public static final Key<String> REDIS_PREFIX = KEYS.declare(
            Key.matching(
                    "redis-prefix",
                    "NAME",
                    RedisOptions.DEFAULT.prefix(),
                    RedisOptions.PREFIX_PATTERN,
                    RedisOptions.PREFIX_RULE,
                    "First part of the names of keys and channels on Redis. Clusters with different prefixes share a server; all nodes of a cluster need the same one."));
    public static final Key<Integer> REDIS_REPLICAS = KEYS.declare(
            Key.integer(
                    "redis-replicas",
                    "N",
                    RedisOptions.DEFAULT.replicas(),
                    0,
                    RedisOptions.MAX_REPLICAS,
                    "Number of Redis replicas that must have an event before its broadcast is answered with success; with fewer, broadcasts are answered with 503."));
    public static final Key<Integer> NATS_REPLICAS = KEYS.declare(Key.choice(
                    "nats-replicas",
                    "N",
                    "1",
                    "Number of NATS servers that store each event: 1, or 3 or 5 in a cluster. More than half of them must have an event before its broadcast is answered with success.",
                    "1",
                    "3",
                    "5")
            .as(Integer::parseInt));
    public static final Key<Path> NATS_CREDENTIALS_FILE =
            KEYS.declare(Key.file("nats-credentials-file", "Credentials file of the user of NATS (JWT and seed)."));
    public static final Key<Path> NATS_NKEY_FILE =
            KEYS.declare(Key.file("nats-nkey-file", "File with the NKey seed of the user of NATS."));
    public static final Key<Path> NATS_CA_FILE = KEYS.declare(
            Key.file(
                    "nats-ca-file",
                    "PEM file with the authorities that sign the certificates of the NATS servers, instead of those of the JVM."));
    public static final Key<Integer> LOG_MAX_EVENTS = KEYS.declare(Key.integer(
            "log-max-events", "N", 1_000_000, 1, 100_000_000, "Maximum number of events in the log of a tenant."));
    public static final Key<ScopePolicies> SCOPE_POLICIES = KEYS.declare(Key.list(
                    "scope-policies",
                    "ROW",
                    "Retention by scope, before the default rows: topic:chat/*=500/10m (events, time), topic:cursors/*=0 (none), =0/node (none; while the broker is unavailable, clients of this node receive the event). Append /drop-oldest or /latest for clients that read too slowly, then /presence or /presence-private for scopes whose users are known.")
            .as(ScopePolicies::parse));
    public static final Key<Duration> PRESENCE_GRACE = KEYS.declare(
            Key.duration(
                    "presence-grace",
                    "10s",
                    Duration.ZERO,
                    Duration.ofMinutes(10),
                    "How long a user of a scope with presence may be without a connection before the user counts as having left."));
    public static final Key<List<String>> SECRET = KEYS.declare(Key.list(
                    "secret",
                    "TEXT",
                    "Secrets of the cluster, at least 16 characters each, the same on every node. The first signs cookies and calls between nodes; all verify.")
            .hidden());
    public static final Key<String> JWT_KEY = KEYS.declare(Key.secret(
            "jwt-key",
            "KEY",
            "Key that verifies tokens: a shared secret of at least 32 bytes, or a public key or certificate in PEM."));
    public static final Key<String> JWT_KEY_FILE =
            KEYS.declare(Key.text("jwt-key-file", "FILE", null, "File with the key, instead of --jwt-key."));
    public static final Key<String> JWT_KEY_ADDITIONAL = KEYS.declare(Key.secret(
            "jwt-key-additional",
            "KEY",
            "A second key that verifies tokens, of the same algorithm, while one key is being replaced by the other."));
    public static final Key<String> JWT_KEY_ADDITIONAL_FILE = KEYS.declare(Key.text(
            "jwt-key-additional-file", "FILE", null, "File with the second key, instead of --jwt-key-additional."));
    public static final Key<String> JWT_ALG = KEYS.declare(Key.text(
            "jwt-alg",
            "ALG",
            "HS256",
            "The only accepted signature algorithm: HS256, HS384, HS512, RS256, PS256, ES256, EdDSA, ...."));
    public static final Key<String> JWT_ISSUER =
            KEYS.declare(Key.text("jwt-issuer", "TEXT", null, "Required claim iss of tokens. Default: any."));
    public static final Key<String> JWT_AUDIENCE = KEYS.declare(
            Key.text("jwt-audience", "TEXT", null, "Value that the claim aud of tokens must contain. Default: any."));
    public static final Key<Duration> REVOCATION_TTL = KEYS.declare(
            Key.duration(
                    "revocation-ttl",
                    "24h",
                    Duration.ofMinutes(1),
                    Duration.ofDays(30),
                    "How long the tokens of a revoked user or session are refused, and a revoked token whose expiry is not given. Must not be shorter than the life of tokens."));
    public static final Key<Boolean> ANONYMOUS =
            KEYS.declare(Key.flag("anonymous", "Let clients without a token connect and receive public events."));
    public static final Key<String> TLS_CERTIFICATE = KEYS.declare(TlsFiles.CERTIFICATE);
    public static final Key<String> TLS_KEY = KEYS.declare(TlsFiles.KEY);
    public static final Key<Boolean> H2C =
            KEYS.declare(Key.flag("h2c", "Accept HTTP/2 without TLS. With TLS, HTTP/2 is always accepted."));
    public static final Key<Boolean> SECURE_COOKIE = KEYS.declare(Key.flag(
            "secure-cookie",
            "Set the session cookie for HTTPS only, with the prefix __Host-. Implied by tls-certificate."));
    public static final Key<Duration> SESSION_MAX_AGE = KEYS.declare(Key.duration(
            "session-max-age",
            "720h",
            Sessions.MAX_AGE_MIN,
            Sessions.MAX_AGE_MAX,
            "Time after which an unused session expires; each use renews the cookie."));
    public static final Key<List<String>> TRUSTED_PROXIES = KEYS.declare(
            Key.list("trusted-proxies", "CIDR", "Networks of the proxies whose X-Forwarded- headers are believed."));
    public static final Key<List<String>> CORS_ORIGINS = KEYS.declare(Key.list(
            "cors-origins", "ORIGIN", "Origins of other sites whose pages may connect and broadcast, with cookies."));
    public static final Key<String> BASE_PATH = KEYS.declare(Key.of(
            "base-path",
            "PATH",
            "/",
            "Prefix of every path of the port for clients, and path of its cookies, such as /myapp. For proxies that pass the path on as it is.",
            (key, text) -> SiteConfig.basePath(key.name(), text)));
    public static final Key<List<String>> FRAME_ANCESTORS = KEYS.declare(
            Key.list(
                    "frame-ancestors",
                    "ORIGIN",
                    "Origins of other sites that may show live pages in frames. Sets cookies with SameSite=None; Secure; Partitioned, so it needs HTTPS: tls-certificate or secure-cookie."));
    public static final Key<Integer> UPLOAD_MAX_BYTES = KEYS.declare(Key.integer(
            "upload-max-bytes",
            "BYTES",
            (int) SiteConfig.UPLOAD_DEFAULT,
            1_024,
            1 << 30,
            "Maximum size of a form with files that a live page accepts. A page may allow less."));
    /** Number of I/O threads; 0: one for each processor. */
    public static final Key<Integer> IO_THREADS = KEYS.declare(
            Key.integer("io-threads", "N", 0, 0, 1_024, "Number of I/O threads; 0: one for each processor."));
    /** Whether streams may be compressed. */
    public static final Key<Boolean> COMPRESSION = KEYS.declare(Key.choice(
                    "compression",
                    "CODING",
                    "gzip",
                    "Coding of event streams for clients that accept it: gzip (each event is compressed once for all clients) or off.",
                    "gzip",
                    "off")
            .as("gzip"::equals));

    public static final Key<SendMode> SEND_MODE = KEYS.declare(Key.of(
            "send-mode",
            "MODE",
            "direct",
            "How events are written to sockets: direct (one system call per socket), io-uring (one system call for many sockets) or channel (channels of the JDK).",
            (key, text) -> SendMode.parse(key.name(), text)));
    public static final Key<Duration> HEARTBEAT = KEYS.declare(Key.duration(
            "heartbeat",
            "15s",
            Duration.ofSeconds(1),
            Duration.ofMinutes(10),
            "Interval of comment lines on a stream without events."));
    public static final Key<Duration> CONTEXT_LINGER = KEYS.declare(Key.duration(
            "context-linger",
            "10s",
            Duration.ZERO,
            Duration.ofMinutes(10),
            "How long a context outlives its connection, so that a client can reconnect to it."));
    public static final Key<Duration> DRAIN_NOTICE = KEYS.declare(Key.duration(
            "drain-notice",
            "5s",
            Duration.ZERO,
            DrainConfig.TIMEOUT_MAX,
            "How long a stopping node keeps accepting clients, so that proxies can notice the drain."));
    public static final Key<Duration> DRAIN_TIMEOUT = KEYS.declare(Key.duration(
            "drain-timeout",
            "25s",
            Duration.ZERO,
            DrainConfig.TIMEOUT_MAX,
            "Total time for a drain, including the notice; open streams end spread over the time after the notice."));
    public static final Key<Integer> DRAIN_RATE = KEYS.declare(
            Key.integer(
                    "drain-rate",
                    "N",
                    500,
                    0,
                    1_000_000,
                    "Clients per second that a draining node releases for each other node of the cluster; more if drain-timeout would not suffice; 0: released over all of drain-timeout."));
    public static final Key<Integer> WARM_UP = KEYS.declare(
            Key.integer(
                    "warm-up",
                    "N",
                    0,
                    0,
                    100_000,
                    "Number of streams that a node opens at its own port before it is ready, in 5 seconds at most, because the first ones of a process are slow; 0: none. Not with tls-certificate."));
    public static final Key<Boolean> REBALANCE = KEYS.declare(Key.choice(
                    "rebalance",
                    "POLICY",
                    "off",
                    "Whether streams move by themselves to a node that has joined: off, or auto: 30 seconds after it has joined, if the nodes' shares differ by more than 20 percent.",
                    "off",
                    "auto")
            .as("auto"::equals));
    public static final Key<Integer> REBALANCE_RATE = KEYS.declare(
            Key.integer(
                    "rebalance-rate",
                    "N",
                    200,
                    1,
                    RebalanceConfig.MAX_RATE,
                    "Streams per second that each crowded node releases during a rebalance, unless the request names another rate."));
    public static final Key<List<String>> STICKY_COOKIE = KEYS.declare(Key.of(
            "sticky-cookie",
            "NAME[,NAME...]",
            "carillon_node",
            "Names of the cookies by which proxies keep a browser at its node, at most 4. During a rebalance the node expires them for released clients; empty: it does not.",
            (key, text) -> RebalanceConfig.cookies(key.name(), text)));
    public static final Key<Integer> WHY_EVENTS = KEYS.declare(
            Key.integer(
                    "why-events",
                    "N",
                    10_000,
                    0,
                    Autopsy.MAX_EVENTS,
                    "Number of records of each kind (broadcasts, arrivals, events left out, gaps, closed connections) that the node keeps to explain why an event did not reach a client; 0: none. They take about 10 MB when all are full with the default."));
    public static final Key<Duration> MAX_AGE = KEYS.declare(
            Key.duration(
                    "max-age",
                    "0s",
                    Duration.ZERO,
                    Duration.ofDays(365),
                    "Age at which a node leaves by itself, so that its supervisor starts a new process: by a reload where possible, otherwise by a drain. Never two nodes of a cluster at once; each at 80 to 100 percent of this time; 0s: never."));
    public static final Key<Integer> OUTBOX_MAX_BYTES = KEYS.declare(Key.integer(
            "outbox-max-bytes",
            "N",
            1_048_576,
            0,
            Integer.MAX_VALUE,
            "Maximum number of bytes that wait for a client that reads too slowly."));
    public static final Key<Integer> OUTBOX_MAX_EVENTS = KEYS.declare(Key.integer(
            "outbox-max-events",
            "N",
            1_000,
            0,
            Integer.MAX_VALUE,
            "Maximum number of events that wait for a client that reads too slowly."));
    /** In bytes. */
    public static final Key<Long> MEMORY_BUDGET = KEYS.declare(Key.of(
            "memory-budget",
            "SIZE",
            BudgetSize.DEFAULT,
            "Memory for all clients together, as bytes or as a percentage of the heap or of the direct memory, whichever is less. One address can use half of it.",
            (key, text) -> BudgetSize.parse(key.name(), text)));

    public static final Key<Integer> SEND_BUFFER = KEYS.declare(Key.integer(
            "send-buffer",
            "N",
            262_144,
            0,
            Limits.SEND_BUFFER_MAX,
            "Size in bytes of the system's send buffer of a connection; 0: the system decides."));
    public static final Key<Integer> MAX_CONNECTIONS = KEYS.declare(Key.integer(
            "max-connections",
            "N",
            0,
            0,
            MAX_CLIENTS,
            "Maximum number of open streams and requests; 0: as many as the limit of file descriptors allows."));
    public static final Key<Integer> STREAMS_PER_ADDRESS = KEYS.declare(Key.integer(
            "streams-per-address",
            "N",
            20_000,
            0,
            MAX_CLIENTS,
            "Maximum number of open streams of one client address; 0: no limit."));
    public static final Key<Integer> CONNECTIONS_PER_ADDRESS = KEYS.declare(
            Key.integer(
                    "connections-per-address",
                    "N",
                    25_000,
                    0,
                    MAX_CLIENTS,
                    "Maximum number of connections of one client address, idle ones included; 0: no limit. Trusted proxies have no limit."));
    public static final Key<Integer> TLS_HANDSHAKES = KEYS.declare(
            Key.integer(
                    "tls-handshakes",
                    "N",
                    Limits.TLS_HANDSHAKES,
                    1,
                    1_000_000,
                    "Maximum number of TLS handshakes that run or wait for a processor. Further connections are closed; their clients try again."));
    public static final Key<Integer> REQUESTS_PER_ADDRESS = KEYS.declare(
            Key.integer(
                    "requests-per-address",
                    "N",
                    10_000,
                    0,
                    1_000_000,
                    "Maximum number of new streams and requests per second of one client address; 0: no limit. Broadcasts with a valid token are not counted."));
    public static final Key<Integer> TENANT_CONNECTIONS = KEYS.declare(Key.integer(
            "tenant-connections",
            "N",
            0,
            0,
            MAX_CLIENTS,
            "Maximum number of open streams and WebSockets of a tenant in the whole cluster; 0: no limit."));
    public static final Key<Integer> TENANT_BROADCAST_RATE = KEYS.declare(Key.integer(
            "tenant-broadcast-rate",
            "N",
            0,
            0,
            1_000_000,
            "Maximum number of events that a tenant broadcasts per second in the whole cluster; 0: no limit."));
    public static final Key<Integer> TENANT_BYTES = KEYS.declare(Key.integer(
            "tenant-bytes",
            "N",
            0,
            0,
            1_000_000_000,
            "Maximum number of bytes of data that a tenant broadcasts per second in the whole cluster; 0: no limit."));
    public static final Key<List<String>> TENANT_LIMITS = KEYS.declare(
            Key.list(
                    "tenant-limits",
                    "ROW",
                    "Limits of single tenants instead of the three above, at most 100: acme=10000/500/1m (connections, events and bytes per second); 0: no limit."));
    public static final Key<Duration> HEADER_TIMEOUT = KEYS.declare(
            Key.duration(
                    "header-timeout",
                    "10s",
                    Limits.TIMEOUT_MIN,
                    Limits.TIMEOUT_MAX,
                    "Maximum time for the head of a request, from its first byte, and for the first byte of a new connection."));
    public static final Key<Duration> BODY_TIMEOUT = KEYS.declare(Key.duration(
            "body-timeout",
            "30s",
            Limits.TIMEOUT_MIN,
            Limits.TIMEOUT_MAX,
            "Maximum time for the body of a request, from the end of its head."));
    public static final Key<Duration> IDLE_TIMEOUT = KEYS.declare(Key.duration(
            "idle-timeout",
            "60s",
            Limits.TIMEOUT_MIN,
            Limits.TIMEOUT_MAX,
            "Time after which a connection without a request is closed."));
    public static final Key<Integer> DEGRADED_STATUS = KEYS.declare(Key.choice(
                    "degraded-status",
                    "STATUS",
                    "200",
                    "HTTP status of /_health while the broker is unavailable or refuses writes: 200 or 503.",
                    "200",
                    "503")
            .as(Integer::valueOf));
    public static final Key<Boolean> HEALTH_DETAIL = KEYS.declare(
            Key.onOff(
                    "health-detail",
                    null,
                    "Whether /_health contains version, node, broker and counts: on or off. Default: on in development mode, else off. /health of the admin port always contains them."));

    public static final Key<Boolean> ACCESS_LOG = KEYS.declare(
            Key.flag(
                    "access-log",
                    "Log each request and each new stream of a client: address, method, path, route, status, bytes and time; without query, cookies and tokens."));

    /** The settings of the node and of its endpoints. */
    public static final List<Key<?>> ALL = Stream.of(
                    KEYS.list().stream(),
                    WebhookConfig.KEYS.stream(),
                    SourceConfig.KEYS.stream(),
                    AuthorizerConfig.KEYS.stream(),
                    TracingConfig.KEYS.stream(),
                    EndpointTypes.keys())
            .<Key<?>>flatMap(keys -> keys)
            .toList();

    private NodeKeys() {}
}
