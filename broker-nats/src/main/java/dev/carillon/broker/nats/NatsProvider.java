package dev.carillon.broker.nats;

import dev.carillon.base.Platform;
import dev.carillon.broker.Broker;
import dev.carillon.broker.BrokerAddress;
import dev.carillon.broker.BrokerOptions;
import dev.carillon.broker.BrokerProvider;
import dev.carillon.broker.nats.connection.NatsAddress;
import java.util.List;

/** {@code nats://host:port}, or {@code tls://…}; {@code user:password@} or {@code token@} before the host where the server asks. */
public final class NatsProvider implements BrokerProvider {
    @Override
    public List<String> schemes() {
        return List.of("nats", "tls");
    }

    @Override
    public Broker open(BrokerAddress address, BrokerOptions options, Platform platform) {
        return NatsBroker.open(NatsAddress.parse(address), options, NatsBroker.PENDING_MESSAGES, platform);
    }
}
