package dev.carillon.broker.redis.cluster;

import dev.carillon.base.Platform;
import dev.carillon.broker.Broker;
import dev.carillon.broker.BrokerAddress;
import dev.carillon.broker.BrokerOptions;
import dev.carillon.broker.BrokerProvider;
import dev.carillon.broker.redis.RedisProvider;
import java.util.List;

/** {@code redis+cluster://user:password@host:port,host:port}, some servers of a cluster; {@code rediss+cluster} for TLS. */
public final class RedisClusterProvider implements BrokerProvider {
    @Override
    public List<String> schemes() {
        return List.of("redis+cluster", "rediss+cluster");
    }

    @Override
    public Broker open(BrokerAddress address, BrokerOptions options, Platform platform) {
        ClusterAddress cluster = ClusterAddress.of(address);
        cluster.options().setClientName(RedisProvider.clientName(options));
        return ClusterBroker.open(cluster, options, platform);
    }
}
