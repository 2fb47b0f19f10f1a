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
     * (replicas, bytes) stay, and nodes with different options do not undo each other's changes. The number of replicas is not changed either,
     * because two concurrent updates of a stream can damage it; a stream on one server cannot be used as a replicated one.
     *
     * @throws BrokerUnavailableException for a stream on one server, where several are required; the message says how to change that
     */
    public static StreamInfo ensure(NatsApi api, StreamConfiguration unreplicated) {
        StreamConfiguration wanted = StreamConfiguration.builder(unreplicated)
                .replicas(api.replicas())
                .allowDirect(!api.replicated())
                .build();
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
        if (api.replicated() && current.getReplicas() < 2) {
            throw new BrokerUnavailableException(
                    "stream " + wanted.getName() + " is on one server, but nats-replicas is " + api.replicas()
                            + ": run nats stream edit " + wanted.getName() + " --replicas " + api.replicas());
        }
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
