package dev.carillon.fanout;

import dev.carillon.base.ConfigException;
import dev.carillon.socket.SendMode;
import java.time.Duration;

/**
 * Settings of fan-out.
 *
 * @param outboxMaxBytes bytes that may be queued for one connection, 64 KiB to 1 GiB; a single event of any size may
 * @param outboxMaxEvents events that may be queued for one connection, 1 to 1,000,000
 * @param heartbeat interval without events after which a heartbeat is written, 1 s to 10 min
 * @param sends how events are written to sockets that keep up
 */
public record FanOutConfig(int outboxMaxBytes, int outboxMaxEvents, Duration heartbeat, SendMode sends) {
    public static final FanOutConfig DEFAULT =
            new FanOutConfig(1024 * 1024, 1_000, Duration.ofSeconds(15), SendMode.DIRECT);

    public FanOutConfig {
        if (outboxMaxBytes < 64 * 1024 || outboxMaxBytes > 1024 * 1024 * 1024) {
            throw new ConfigException("outbox-max-bytes", outboxMaxBytes, "must be from 65536 to 1073741824");
        }
        if (outboxMaxEvents < 1 || outboxMaxEvents > 1_000_000) {
            throw new ConfigException("outbox-max-events", outboxMaxEvents, "must be from 1 to 1000000");
        }
        if (heartbeat.compareTo(Duration.ofSeconds(1)) < 0 || heartbeat.compareTo(Duration.ofMinutes(10)) > 0) {
            throw new ConfigException("heartbeat", heartbeat, "must be from 1s to 10m");
        }
    }
}
