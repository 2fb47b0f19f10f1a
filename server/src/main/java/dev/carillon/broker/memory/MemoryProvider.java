package dev.carillon.broker.memory;

import dev.carillon.base.Platform;
import dev.carillon.broker.Broker;
import dev.carillon.broker.BrokerAddress;
import dev.carillon.broker.BrokerOptions;
import dev.carillon.broker.BrokerProvider;
import java.util.List;

/**
 * {@code memory}, or {@code memory://name}: a broker inside this process. Brokers opened with the same name are nodes of one
 * cluster; what they keep is gone when the last of them closes, and their server runs by the platform of the first.
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
        return new MemoryBroker(MemoryServer.enter(host == null ? "" : host, options, platform), options, platform);
    }
}
