package dev.carillon.broker.redis;

import dev.carillon.base.Platform;
import dev.carillon.broker.Broker;
import dev.carillon.broker.BrokerAddress;
import dev.carillon.broker.BrokerOptions;
import dev.carillon.broker.BrokerProvider;
import java.util.List;

/**
 * {@code redis://user:password@host:port/database}, of which only the host is required, or {@code
 * redis+sentinel://user:password@host:port,host:port/name/database}, the sentinels that know the primary with this name; {@code rediss} for
 * TLS. For Redis 7.0 or newer, or a compatible server.
 */
public final class RedisProvider implements BrokerProvider {
    @Override
    public List<String> schemes() {
        return List.of("redis", "rediss", "redis+sentinel", "rediss+sentinel");
    }

    @Override
    public Broker open(BrokerAddress address, BrokerOptions options, Platform platform) {
        RedisAddress parsed = RedisAddress.of(address);
        parsed.uri().setClientName(clientName(options));
        return RedisBroker.open(parsed, options, platform);
    }

    /** The name of a node's connections on the server. */
    public static String clientName(BrokerOptions options) {
        // Redis accepts no spaces in a client's name.
        return "carillon-" + options.nodeId().replaceAll("[^A-Za-z0-9._-]", "_");
    }
}
