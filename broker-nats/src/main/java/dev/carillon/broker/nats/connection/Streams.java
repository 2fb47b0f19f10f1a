package dev.carillon.broker.nats.connection;

import dev.carillon.broker.BrokerUnavailableException;
import io.nats.client.api.StreamConfiguration;
import io.nats.client.api.StreamInfo;
import java.util.Optional;

/** Creates streams. Blocks; on virtual threads only. */
public final class Streams {
    private Streams() {}

    /**
     * The stream, made if it is not there. One that is there is only ever made to keep more: what an operator has set
     * (replicas, bytes) stays, and nodes with different options do not undo each other's.
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
                found.orElseThrow(() -> new BrokerUnavailableException("stream " + wanted.getName() + " is gone"));
        StreamConfiguration is = info.getConfiguration();
        boolean older = is.getMaxAge().compareTo(wanted.getMaxAge()) < 0
                && !is.getMaxAge().isZero();
        boolean fewer = is.getMaxMsgs() < wanted.getMaxMsgs() && is.getMaxMsgs() > 0;
        if (!older && !fewer) {
            return info;
        }
        return api.await(api.update(StreamConfiguration.builder(is)
                .maxAge(older ? wanted.getMaxAge() : is.getMaxAge())
                .maxMessages(fewer ? wanted.getMaxMsgs() : is.getMaxMsgs())
                .build()));
    }
}
