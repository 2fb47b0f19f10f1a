package dev.carillon.broker.nats.log;

import dev.carillon.base.Platform;
import dev.carillon.broker.nats.connection.NatsApi;
import dev.carillon.broker.nats.connection.StoredMessage;
import dev.carillon.scope.Position;
import io.nats.client.api.StreamInfo;
import java.time.Duration;
import java.util.Optional;

/**
 * Finds out whether a replicated log lost events that this node knows of. Blocks, on virtual threads only.
 *
 * <p>Its servers agree on one history by a majority. A majority that comes back with older or empty directories agrees on another one, under the same
 * name and creation time, and assigns sequences a second time. The last known event shows that: if the log has it, at its sequence and with its time, it
 * also has every event before it.
 */
final class LossCheck {
    /** A new leader may not have processed all messages that it has. */
    private static final long SETTLE_NANOS = Duration.ofSeconds(1).toNanos();

    private static final Duration POLL_INTERVAL = Duration.ofMillis(50);

    private final LastSeen lastSeen;
    private final Platform platform;

    LossCheck(LastSeen lastSeen, Platform platform) {
        this.lastSeen = lastSeen;
        this.platform = platform;
    }

    /** Whether the log lacks the last known event of its open epoch, for longer than a new leader needs. */
    boolean lost(NatsApi api, TenantLog log) {
        Position known = lastSeen.of(log.tenant());
        if (known == null || known.epoch() != log.epoch()) {
            return false;
        }
        long end = platform.nanoTime().getAsLong() + SETTLE_NANOS;
        while (!has(api, log, known)) {
            if (platform.nanoTime().getAsLong() - end > 0) {
                return true;
            }
            platform.threads().pause(POLL_INTERVAL);
        }
        return false;
    }

    private static boolean has(NatsApi api, TenantLog log, Position known) {
        Optional<StreamInfo> info = api.await(api.info(log.stream()));
        if (info.isEmpty() || info.get().getStreamState().getLastSequence() < known.sequence()) {
            return false;
        }
        if (info.get().getStreamState().getFirstSequence() > known.sequence()) {
            // Trimmed by age or number.
            return true;
        }
        Optional<StoredMessage> stored = api.await(api.message(log.stream(), known.sequence()));
        return stored.isPresent()
                && stored.get().position().epoch() == known.epoch()
                && (known.atMillis() == 0 || stored.get().atMillis() == known.atMillis());
    }
}
