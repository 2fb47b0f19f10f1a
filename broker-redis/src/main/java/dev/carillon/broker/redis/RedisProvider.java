package dev.carillon.broker.redis;

import dev.carillon.base.Platform;
import dev.carillon.broker.Broker;
import dev.carillon.broker.BrokerAddress;
import dev.carillon.broker.BrokerOptions;
import dev.carillon.broker.BrokerProvider;
import io.lettuce.core.RedisURI;
import io.lettuce.core.SslVerifyMode;
import java.net.URI;
import java.util.List;

/**
 * {@code redis://user:password@host:port/database}, or {@code rediss} for TLS; only the host is required. For a standalone Redis 7.0 or
 * newer, or a compatible server.
 */
public final class RedisProvider implements BrokerProvider {
    private static final String RULE = "must be redis://user:password@host:port/database";

    @Override
    public List<String> schemes() {
        return List.of("redis", "rediss");
    }

    @Override
    public Broker open(BrokerAddress address, BrokerOptions options, Platform platform) {
        return RedisBroker.open(uri(address, options), address.toString(), options, platform);
    }

    private static RedisURI uri(BrokerAddress address, BrokerOptions options) {
        URI given = address.uri();
        String path = given.getPath();
        // lettuce reads options from the query, one of which disables the check of the certificate.
        if (given.getHost() == null || given.getRawQuery() != null || path != null && !path.matches("/?\\d{0,5}")) {
            throw address.refused(RULE);
        }
        try {
            RedisURI uri = RedisURI.create(given);
            uri.setVerifyPeer(SslVerifyMode.FULL);
            // Redis accepts no spaces in a client's name.
            uri.setClientName("carillon-" + options.nodeId().replaceAll("[^A-Za-z0-9._-]", "_"));
            return uri;
        } catch (IllegalArgumentException e) {
            // Its message may show the password.
            throw address.refused(RULE);
        }
    }
}
