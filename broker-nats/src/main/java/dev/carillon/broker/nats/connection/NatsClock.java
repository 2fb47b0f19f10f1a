package dev.carillon.broker.nats.connection;

import dev.carillon.base.Platform;
import io.nats.client.api.StreamInfo;
import java.time.Duration;
import java.util.Optional;

/**
 * The server's clock as this node reckons it, so that what expires does so by one clock whichever node asks: the node's own, and how
 * far the server's was from it at the last measurement.
 */
public final class NatsClock {
    private static final long MAX_ERROR_MILLIS = 400;

    private final Platform platform;
    private volatile long offsetMillis;
    /** The link's thread only. */
    private boolean measured;

    public NatsClock(Platform platform) {
        this.platform = platform;
    }

    /** Asks the server once; blocks. False: no answer in time. */
    public boolean measure(NatsSession session, NatsHealth health) {
        long wall = platform.clock().millis();
        long start = platform.nanoTime().getAsLong();
        Optional<StreamInfo> info;
        try {
            info = session.api().await(session.api().info(Subjects.STORE));
        } catch (RuntimeException e) {
            return false;
        }
        Duration time = Duration.ofNanos(platform.nanoTime().getAsLong() - start);
        health.measured(time);
        if (info.isEmpty()) {
            session.end("the stream of the store is gone");
        } else if (!measured || time.toMillis() < MAX_ERROR_MILLIS) {
            offsetMillis = info.get().getTimestamp().toInstant().toEpochMilli() - (wall + time.toMillis() / 2);
            measured = true;
        }
        return true;
    }

    public long nowMillis() {
        return platform.clock().millis() + offsetMillis;
    }
}
