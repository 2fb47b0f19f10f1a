package dev.carillon.broker.nats.log;

import dev.carillon.base.Platform;
import dev.carillon.broker.BrokerUnavailableException;
import dev.carillon.broker.nats.connection.NatsApi;
import dev.carillon.broker.nats.connection.StoredMessage;
import dev.carillon.broker.nats.log.LastSeen.Seen;
import dev.carillon.scope.Position;
import dev.carillon.scope.Tenant;
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
    /** How long an open waits: a new leader may not have processed all messages that it has. */
    private static final long SETTLE_NANOS = Duration.ofSeconds(1).toNanos();
    /** How long opens fail before missing events count as lost. */
    private static final long DECIDE_NANOS = Duration.ofSeconds(5).toNanos();

    private static final Duration POLL_INTERVAL = Duration.ofMillis(50);

    /** What the log has at the sequence of the last known event. */
    private enum Found {
        EVENT,
        NOTHING,
        /** Another event, or one of another time or epoch. */
        OTHER
    }

    private final LastSeen lastSeen;
    private final Platform platform;

    LossCheck(LastSeen lastSeen, Platform platform) {
        this.lastSeen = lastSeen;
        this.platform = platform;
    }

    /**
     * Whether the log lost the last known event of its open epoch: another one has its sequence, or there has been none for longer than a new leader
     * needs.
     *
     * @throws BrokerUnavailableException the log lacks the event, but may still get it
     */
    boolean lost(NatsApi api, TenantLog log) {
        Seen seen = lastSeen.seen(log.tenant());
        if (seen == null || seen.known().epoch() != log.epoch()) {
            return false;
        }
        long start = platform.nanoTime().getAsLong();
        while (true) {
            Found found = find(api, log, seen.known());
            if (found == Found.EVENT) {
                lastSeen.passed(log.tenant(), seen);
            }
            if (found != Found.NOTHING) {
                return found == Found.OTHER;
            }
            if (platform.nanoTime().getAsLong() - start > SETTLE_NANOS) {
                return decide(log.tenant(), seen.known(), start);
            }
            platform.threads().pause(POLL_INTERVAL);
        }
    }

    private boolean decide(Tenant tenant, Position known, long start) {
        long since = lastSeen.missing(tenant, known, start);
        if (platform.nanoTime().getAsLong() - since > DECIDE_NANOS) {
            return true;
        }
        throw new BrokerUnavailableException("the log of tenant " + tenant + " lacks its last events at this time");
    }

    private static Found find(NatsApi api, TenantLog log, Position known) {
        Optional<StreamInfo> info = api.await(api.info(log.stream()));
        if (info.isEmpty() || info.get().getStreamState().getLastSequence() < known.sequence()) {
            return Found.NOTHING;
        }
        if (info.get().getStreamState().getFirstSequence() > known.sequence()) {
            // Trimmed by age or number.
            return Found.EVENT;
        }
        Optional<StoredMessage> stored = api.await(api.message(log.stream(), known.sequence()));
        if (stored.isEmpty()) {
            return Found.NOTHING;
        }
        boolean same = stored.get().position().epoch() == known.epoch()
                && (known.atMillis() == 0 || stored.get().atMillis() == known.atMillis());
        return same ? Found.EVENT : Found.OTHER;
    }
}
