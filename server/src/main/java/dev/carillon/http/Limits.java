package dev.carillon.http;

import java.time.Duration;

/**
 * Limits of the clients of a node.
 *
 * @param maxConnections open streams and requests; 0: as many as the descriptors of the process allow
 * @param streamsPerAddress open streams of one client address; 0: no limit
 * @param connectionsPerAddress connections of one client address, except trusted proxies; 0: no limit
 * @param requestsPerAddress new streams and requests of one client address per second; 0: no limit
 * @param tlsHandshakes TLS handshakes that run or wait, at least one
 * @param sendBuffer size in bytes of the system's send buffer of one connection; 0: the system's default
 * @param headerTimeout time limit of a request head from its first byte, and of the first byte of a new connection
 * @param bodyTimeout time limit of a request body, from the end of the head
 * @param idleTimeout time limit of a connection without a request
 * @param stallTimeout how long a client may receive nothing of its answer or stream
 */
public record Limits(
        int maxConnections,
        int streamsPerAddress,
        int connectionsPerAddress,
        int requestsPerAddress,
        int tlsHandshakes,
        int sendBuffer,
        Duration headerTimeout,
        Duration bodyTimeout,
        Duration idleTimeout,
        Duration stallTimeout) {
    public static final Duration TIMEOUT_MIN = Duration.ofMillis(100);
    public static final Duration STALL_TIMEOUT = Duration.ofSeconds(30);
    public static final int TLS_HANDSHAKES = 2_000;
    public static final int SEND_BUFFER_MAX = 16 * 1024 * 1024;
    public static final Duration TIMEOUT_MAX = Duration.ofMinutes(10);
}
