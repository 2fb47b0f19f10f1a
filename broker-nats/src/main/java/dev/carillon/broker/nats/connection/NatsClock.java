package dev.carillon.broker.nats.connection;

import dev.carillon.base.Platform;
import io.nats.client.api.StreamInfo;
import java.time.Duration;
import java.util.Optional;

/** Estimate of the server's clock, so that values expire by one clock on all nodes: the node's clock plus the last measured offset. */
public final class NatsClock {
    private static final long MAX_ROUND_TRIP_MILLIS = 400;

    private final Platform platform;
    private volatile long offsetMillis;
    /** Confined to the link's thread. */
    private boolean measured;

    public NatsClock(Platform platform) {
        this.platform = platform;
    }

    /** Measures the offset once; blocks. False: no answer in time. */
    public boolean measure(NatsSession session, NatsHealth health) {
        long wall = platform.clock().millis();
        long start = platform.nanoTime().getAsLong();
        Optional<StreamInfo> info;
        try {
            info = session.api().await(session.api().info(Subjects.STORE));
        } catch (RuntimeException e) {
            return false;
        }
        Duration roundTrip = Duration.ofNanos(platform.nanoTime().getAsLong() - start);
        health.measured(roundTrip);
        health.seen(info.map(StreamInfo::getClusterInfo).orElse(null));
        if (info.isEmpty()) {
            session.end("the stream of the store was deleted");
        } else if (!measured || roundTrip.toMillis() < MAX_ROUND_TRIP_MILLIS) {
            offsetMillis = info.get().getTimestamp().toInstant().toEpochMilli() - (wall + roundTrip.toMillis() / 2);
            measured = true;
        }
        return true;
    }

    public long nowMillis() {
        return platform.clock().millis() + offsetMillis;
    }
}
