package dev.carillon.broker.redis;

import dev.carillon.base.ConfigException;
import dev.carillon.broker.Broker;
import dev.carillon.broker.BrokerOptions;
import dev.carillon.broker.BrokerProvider;
import dev.carillon.broker.Brokers;
import io.lettuce.core.RedisURI;
import java.net.URI;
import java.util.List;

/**
 * {@code redis://user:password@host:port/database}, or {@code rediss} for TLS; all but the host can be left out. A standalone
 * Redis, or what speaks like one, 7.0 or newer.
 */
public final class RedisProvider implements BrokerProvider {
    private static final String KEY = "broker";

    @Override
    public List<String> schemes() {
        return List.of("redis", "rediss");
    }

    @Override
    public Broker open(URI address, BrokerOptions options) {
        String shown = Brokers.redacted(address.toString());
        return RedisBroker.open(uri(address, shown, options), shown, options);
    }

    private static RedisURI uri(URI address, String shown, BrokerOptions options) {
        String path = address.getPath();
        if (address.getHost() == null || path != null && !path.matches("/?\\d{0,5}")) {
            throw new ConfigException(KEY, shown, "must be redis://user:password@host:port/database");
        }
        try {
            RedisURI uri = RedisURI.create(address);
            // The server takes no spaces in a client's name.
            uri.setClientName("carillon-" + options.nodeId().replaceAll("[^A-Za-z0-9._-]", "_"));
            return uri;
        } catch (IllegalArgumentException e) {
            // Its message may show the password.
            throw new ConfigException(KEY, shown, "must be redis://user:password@host:port/database");
        }
    }
}
