package dev.carillon.broker.redis;

import io.lettuce.core.resource.ClientResources;
import java.util.concurrent.TimeUnit;

/** What brokers of several servers share: the client library's threads, and the highest known epochs. */
public final class ServerGroup implements AutoCloseable {
    private static final int THREADS = 2;

    private final ClientResources resources = ClientResources.builder()
            .ioThreadPoolSize(THREADS)
            .computationThreadPoolSize(THREADS)
            .build();
    private final Epochs.Highest epochs = new Epochs.Highest();

    public ClientResources resources() {
        return resources;
    }

    Epochs.Highest epochs() {
        return epochs;
    }

    /** To be called after the brokers were closed; may block for a second. */
    @Override
    public void close() {
        resources.shutdown(0, 1, TimeUnit.SECONDS).awaitUninterruptibly(1, TimeUnit.SECONDS);
    }
}
