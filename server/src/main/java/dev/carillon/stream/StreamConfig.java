package dev.carillon.stream;

import dev.carillon.base.Key;
import dev.carillon.base.Keys;
import dev.carillon.base.Settings;
import java.time.Duration;
import java.util.List;

/**
 * Settings of the event stream.
 *
 * @param pingInterval interval of pings on a WebSocket; after two unanswered ones the connection is closed
 * @param authenticationTimeout how long a WebSocket may stay open without a valid token, where one is required
 * @param maxUnauthenticated maximum number of such WebSockets
 */
public record StreamConfig(Duration pingInterval, Duration authenticationTimeout, int maxUnauthenticated) {
    private static final Keys DECLARED = new Keys();
    private static final Key<Duration> PING_INTERVAL = DECLARED.declare(Key.duration(
            "ping-interval",
            "25s",
            Duration.ofSeconds(1),
            Duration.ofMinutes(10),
            "Interval of pings on a WebSocket. A client that leaves two of them unanswered is disconnected."));
    private static final Key<Duration> AUTHENTICATION_TIMEOUT = DECLARED.declare(Key.duration(
            "authentication-timeout",
            "10s",
            Duration.ofSeconds(1),
            Duration.ofMinutes(1),
            "Time in which a WebSocket without a token must send one as its first message."));
    private static final Key<Integer> MAX_UNAUTHENTICATED = DECLARED.declare(
            Key.integer(
                    "max-unauthenticated",
                    "N",
                    1_000,
                    0,
                    1_000_000,
                    "Maximum number of open WebSockets that have not sent a token yet; 0: the token must be in the handshake."));

    static final List<Key<?>> KEYS = List.copyOf(DECLARED.list());

    public static StreamConfig of(Settings settings) {
        return new StreamConfig(
                settings.get(PING_INTERVAL), settings.get(AUTHENTICATION_TIMEOUT), settings.get(MAX_UNAUTHENTICATED));
    }
}
