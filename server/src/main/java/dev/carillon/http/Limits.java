package dev.carillon.http;

import java.time.Duration;

/**
 * What clients may take of a node.
 *
 * @param maxConnections streams and requests that may be open together; 0: as many as the descriptors of the process allow
 * @param streamsPerAddress streams that one client address may have; 0: any number
 * @param connectionsPerAddress connections that one client address may have; 0: any number; trusted proxies have no limit
 * @param requestsPerAddress streams and requests that one client address may begin in a second; 0: any number
 * @param sendBuffer bytes that the system may hold for one client, beyond what the client has taken; 0: as it likes
 * @param headerTimeout how long the head of a request may take, from its first byte, and a new connection to that byte
 * @param bodyTimeout how long the body of a request may take, from the end of its head
 * @param idleTimeout how long a connection may stay on which nothing is asked
 * @param stallTimeout how long a client may take nothing of its answer or stream
 */
public record Limits(
        int maxConnections,
        int streamsPerAddress,
        int connectionsPerAddress,
        int requestsPerAddress,
        int sendBuffer,
        Duration headerTimeout,
        Duration bodyTimeout,
        Duration idleTimeout,
        Duration stallTimeout) {
    public static final Duration TIMEOUT_MIN = Duration.ofMillis(100);
    public static final Duration STALL_TIMEOUT = Duration.ofSeconds(30);
    public static final int SEND_BUFFER_MAX = 16 * 1024 * 1024;
    public static final Duration TIMEOUT_MAX = Duration.ofMinutes(10);
}
