package dev.carillon.broker.memory;

import dev.carillon.base.Platform;
import dev.carillon.broker.Broker;
import dev.carillon.broker.BrokerAddress;
import dev.carillon.broker.BrokerOptions;
import dev.carillon.broker.BrokerProvider;
import java.util.List;

/**
 * {@code memory}, or {@code memory://name}: a broker inside this process. Brokers opened with the same name form a cluster; their data
 * are lost when the last one closes. The platform of the first one runs the server.
 */
public final class MemoryProvider implements BrokerProvider {
    /** Found by {@link java.util.ServiceLoader}. */
    public MemoryProvider() {}

    @Override
    public List<String> schemes() {
        return List.of("memory");
    }

    @Override
    public Broker open(BrokerAddress address, BrokerOptions options, Platform platform) {
        String host = address.uri().getHost();
        return new MemoryBroker(MemoryServer.acquire(host == null ? "" : host, options, platform), options, platform);
    }
}
