package dev.carillon.node;

import dev.carillon.base.Key;
import dev.carillon.limits.BudgetSize;
import dev.carillon.mercure.MercureKeys;
import dev.carillon.transport.TlsFiles;
import java.util.List;
import java.util.stream.Stream;

/** Every key by which a node is configured. */
public final class NodeKeys {
    public static final Key HOST = Key.of("host", "ADDRESS", "127.0.0.1", "Address on which clients are served.");
    public static final Key PORT = Key.of("port", "PORT", "8080", "Port on which clients are served; 0: any free one.");
    public static final Key ADMIN_HOST = Key.of(
            "admin-host", "ADDRESS", "127.0.0.1", "Address of the admin port: keep it where only operators reach it.");
    public static final Key ADMIN_PORT =
            Key.of("admin-port", "PORT", "9080", "Port of metrics, health checks and operators; 0: any free one.");
    public static final Key OPERATOR_TOKEN = Key.secret(
            "operator-token",
            "TOKEN",
            "Token for what acts on the admin port, of at least 32 characters, sent as Authorization: Bearer; without one such requests are refused.");
    public static final Key OPERATOR_TOKEN_FILE = Key.of(
            "operator-token-file", "FILE", null, "File that holds the operators' token, instead of --operator-token.");
    public static final Key INTERNAL_HOST = Key.of(
            "internal-host",
            "ADDRESS",
            "127.0.0.1",
            "Address of the internal port: keep it where only the other nodes reach it.");
    public static final Key INTERNAL_PORT =
            Key.of("internal-port", "PORT", "7080", "Port on which the other nodes call this one; 0: any free one.");
    public static final Key ADVERTISE = Key.of(
            "advertise",
            "HOST[:PORT]",
            null,
            "Where the other nodes reach the internal port; default: internal-host and internal-port. Must be given where internal-host is a wildcard address.");
    public static final Key NODE_ID = Key.of(
            "node-id",
            "ID",
            null,
            "Name of this node in its cluster, 1 to 64 of A-Z a-z 0-9 . _ -; default: a random one.");
    public static final Key MODE = Key.of(
            "mode",
            "MODE",
            "production",
            "production, or development: a page at / shows whether the node works; up is development.");
    public static final Key BROKER = Key.of(
            "broker",
            "ADDRESS",
            "memory",
            "What carries events between nodes: memory, redis://HOST:PORT or nats://HOST:PORT.");
    public static final Key BROKER_TIMEOUT =
            Key.of("broker-timeout", "DURATION", "2s", "How long an answer of the broker may take.");
    public static final Key BROKER_START_TIMEOUT =
            Key.of("broker-start-timeout", "DURATION", "15s", "How long the broker may take to answer at the start.");
    public static final Key LOG_MAX_EVENTS =
            Key.of("log-max-events", "N", "1000000", "How many events of a tenant the log keeps at the most.");
    public static final Key SCOPE_POLICIES = Key.of(
            "scope-policies",
            "ROW[,ROW...]",
            "",
            "What scopes keep, before the defaults: topic:chat/*=500/10m (events, time), topic:cursors/*=0 (nothing), =0/node (nothing; while the broker is away the clients of one node get it); with /drop-oldest or /latest behind it for clients that read too slowly.");
    public static final Key SECRET = Key.secret(
            "secret",
            "TEXT[,TEXT...]",
            "Secrets of the cluster, at least 16 characters each: the first signs cookies and calls between nodes, all verify; the same on every node.");
    public static final Key JWT_KEY = Key.secret(
            "jwt-key",
            "KEY",
            "Key that verifies tokens: a shared secret of at least 32 bytes, or a public key or certificate as PEM.");
    public static final Key JWT_KEY_FILE =
            Key.of("jwt-key-file", "FILE", null, "File that holds the key, instead of --jwt-key.");
    public static final Key JWT_ALG = Key.of(
            "jwt-alg",
            "ALG",
            "HS256",
            "The one algorithm that is accepted: HS256, HS384, HS512, RS256, PS256, ES256, EdDSA, ....");
    public static final Key JWT_ISSUER =
            Key.of("jwt-issuer", "TEXT", null, "What the claim iss of tokens must be; default: anything.");
    public static final Key JWT_AUDIENCE =
            Key.of("jwt-audience", "TEXT", null, "What must be among the claim aud of tokens; default: anything.");
    public static final Key ANONYMOUS =
            Key.flag("anonymous", "Let clients without a token connect and have public events.");
    public static final Key H2C = Key.flag("h2c", "Speak HTTP/2 without TLS, too; with TLS it always is.");
    public static final Key SECURE_COOKIE = Key.flag(
            "secure-cookie",
            "Set the session cookie for HTTPS only, with the __Host- prefix; with tls-certificate it always is.");
    public static final Key SESSION_MAX_AGE = Key.of(
            "session-max-age",
            "DURATION",
            "720h",
            "How long a session lasts after its browser was last here; the cookie is renewed while it is used.");
    public static final Key TRUSTED_PROXIES = Key.of(
            "trusted-proxies", "CIDR[,CIDR...]", "", "Networks of the proxies whose X-Forwarded- headers count.");
    public static final Key CORS_ORIGINS = Key.of(
            "cors-origins",
            "ORIGIN[,ORIGIN...]",
            "",
            "Origins of other sites whose pages may connect and broadcast, with cookies.");
    public static final Key IO_THREADS =
            Key.of("io-threads", "N", "0", "Threads that do input and output; 0: one for each processor.");
    public static final Key COMPRESSION = Key.of(
            "compression",
            "CODING",
            "gzip",
            "Coding of event streams for clients that accept it: gzip, each event once for all of them, or off.");
    public static final Key SEND_MODE = Key.of(
            "send-mode",
            "WAY",
            "direct",
            "How events get to clients that keep up: direct, by a system call for each; io-uring, by one for many; or channel, of the JDK.");
    public static final Key HEARTBEAT =
            Key.of("heartbeat", "DURATION", "15s", "How often a quiet stream gets a comment line.");
    public static final Key CONTEXT_LINGER = Key.of(
            "context-linger",
            "DURATION",
            "10s",
            "How long a context outlives its connection, so that a client can come back to it.");
    public static final Key DRAIN_NOTICE = Key.of(
            "drain-notice",
            "DURATION",
            "5s",
            "How long a node that is told to stop goes on taking clients, so that proxies notice that it drains.");
    public static final Key DRAIN_TIMEOUT = Key.of(
            "drain-timeout",
            "DURATION",
            "25s",
            "How long stopping may take in all: after the notice the streams end, spread over the rest.");
    public static final Key OUTBOX_MAX_BYTES =
            Key.of("outbox-max-bytes", "N", "1048576", "How many bytes may wait for a client that reads too slowly.");
    public static final Key OUTBOX_MAX_EVENTS =
            Key.of("outbox-max-events", "N", "1000", "How many events may wait for a client that reads too slowly.");
    public static final Key MEMORY_BUDGET = Key.of(
            "memory-budget",
            "SIZE",
            BudgetSize.DEFAULT,
            "Memory that clients may take together, of which one address may have half: a percentage of the heap, or of the direct memory if that is less; or a number of bytes.");
    public static final Key SEND_BUFFER = Key.of(
            "send-buffer",
            "N",
            "262144",
            "How many bytes the system may hold for a client that reads too slowly, before more wait here; 0: as many as it likes.");
    public static final Key MAX_CONNECTIONS = Key.of(
            "max-connections",
            "N",
            "0",
            "How many streams and requests may be open together; 0: as many as the limit of file descriptors allows.");
    public static final Key STREAMS_PER_ADDRESS = Key.of(
            "streams-per-address", "N", "20000", "How many streams one client address may have open; 0: any number.");
    public static final Key CONNECTIONS_PER_ADDRESS = Key.of(
            "connections-per-address",
            "N",
            "25000",
            "How many connections one client address may have open, idle ones included; 0: any number. Trusted proxies have no limit.");
    public static final Key REQUESTS_PER_ADDRESS = Key.of(
            "requests-per-address",
            "N",
            "10000",
            "How many streams and requests one client address may begin in a second, without those that publish with a good token; 0: any number.");
    public static final Key HEADER_TIMEOUT = Key.of(
            "header-timeout",
            "DURATION",
            "10s",
            "How long the head of a request may take, from its first byte, and a new connection to its first byte.");
    public static final Key BODY_TIMEOUT = Key.of(
            "body-timeout", "DURATION", "30s", "How long the body of a request may take, from the end of its head.");
    public static final Key IDLE_TIMEOUT =
            Key.of("idle-timeout", "DURATION", "60s", "How long a connection may stay on which nothing is asked.");
    public static final Key DEGRADED_STATUS = Key.of(
            "degraded-status",
            "STATUS",
            "200",
            "HTTP status of /_health while the broker is away or refuses writes: 200 or 503.");

    public static final Key HEALTH_DETAIL = Key.of(
            "health-detail",
            "STATE",
            null,
            "Whether /_health tells version, node, broker and counts beside the status: on or off; default: on in development. /health of the admin port always does.");

    private static final List<Key> OWN = List.of(
            HOST,
            PORT,
            ADMIN_HOST,
            ADMIN_PORT,
            OPERATOR_TOKEN,
            OPERATOR_TOKEN_FILE,
            INTERNAL_HOST,
            INTERNAL_PORT,
            ADVERTISE,
            NODE_ID,
            MODE,
            BROKER,
            BROKER_TIMEOUT,
            BROKER_START_TIMEOUT,
            LOG_MAX_EVENTS,
            SCOPE_POLICIES,
            SECRET,
            JWT_KEY,
            JWT_KEY_FILE,
            JWT_ALG,
            JWT_ISSUER,
            JWT_AUDIENCE,
            ANONYMOUS,
            TlsFiles.CERTIFICATE,
            TlsFiles.KEY,
            H2C,
            SECURE_COOKIE,
            SESSION_MAX_AGE,
            TRUSTED_PROXIES,
            CORS_ORIGINS,
            IO_THREADS,
            COMPRESSION,
            SEND_MODE,
            HEARTBEAT,
            CONTEXT_LINGER,
            DRAIN_NOTICE,
            DRAIN_TIMEOUT,
            OUTBOX_MAX_BYTES,
            OUTBOX_MAX_EVENTS,
            MEMORY_BUDGET,
            SEND_BUFFER,
            MAX_CONNECTIONS,
            STREAMS_PER_ADDRESS,
            CONNECTIONS_PER_ADDRESS,
            REQUESTS_PER_ADDRESS,
            HEADER_TIMEOUT,
            BODY_TIMEOUT,
            IDLE_TIMEOUT,
            DEGRADED_STATUS,
            HEALTH_DETAIL);

    public static final List<Key> ALL =
            Stream.of(OWN, MercureKeys.ALL).flatMap(List::stream).toList();

    private NodeKeys() {}
}
