package dev.carillon.broker.nats.connection;

import dev.carillon.broker.BrokerUnavailableException;
import io.nats.client.api.StreamConfiguration;
import io.nats.client.api.StreamInfo;
import java.util.Optional;

/** Creates streams. Blocks; on virtual threads only. */
public final class Streams {
    private Streams() {}

    /**
     * Returns the stream, and creates it if it is absent. An existing stream is only changed to retain more: an operator's settings
     * (replicas, bytes) stay, and nodes with different options do not undo each other's changes.
     */
    public static StreamInfo ensure(NatsApi api, StreamConfiguration wanted) {
        Optional<StreamInfo> found = api.await(api.info(wanted.getName()));
        if (found.isEmpty()) {
            try {
                return api.await(api.create(wanted));
            } catch (Failures.RefusedException e) {
                if (e.error() != Failures.STREAM_EXISTS) {
                    throw e;
                }
                found = api.await(api.info(wanted.getName()));
            }
        }
        StreamInfo info =
                found.orElseThrow(() -> new BrokerUnavailableException("stream " + wanted.getName() + " was deleted"));
        StreamConfiguration current = info.getConfiguration();
        boolean olderWanted = current.getMaxAge().compareTo(wanted.getMaxAge()) < 0
                && !current.getMaxAge().isZero();
        boolean moreWanted = current.getMaxMsgs() < wanted.getMaxMsgs() && current.getMaxMsgs() > 0;
        if (!olderWanted && !moreWanted) {
            return info;
        }
        return api.await(api.update(StreamConfiguration.builder(current)
                .maxAge(olderWanted ? wanted.getMaxAge() : current.getMaxAge())
                .maxMessages(moreWanted ? wanted.getMaxMsgs() : current.getMaxMsgs())
                .build()));
    }
}
