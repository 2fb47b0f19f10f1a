package dev.carillon.broker.redis.cluster;

import dev.carillon.broker.BrokerAddress;
import dev.carillon.broker.redis.RedisAddress;
import io.lettuce.core.RedisURI;
import io.lettuce.core.SslVerifyMode;
import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Some servers of a Redis Cluster, which know the others.
 *
 * @param options credentials and TLS of every server; its host is not used
 * @param shown the address without its secrets
 */
record ClusterAddress(List<ClusterSlots.Server> seeds, RedisURI options, String shown) {
    private static final String RULE =
            "must be redis+cluster://user:password@host:port,host:port, with up to 9 servers";
    private static final int PORT = 6379;
    private static final Pattern SEEDS =
            Pattern.compile("(?:([^@]*)@)?(" + RedisAddress.HOST + "(?:," + RedisAddress.HOST + "){0,8})");

    /** @throws dev.carillon.base.ConfigException for an invalid address, without its password */
    static ClusterAddress of(BrokerAddress address) {
        URI given = address.uri();
        Matcher authority = SEEDS.matcher(given.getRawAuthority() == null ? "" : given.getRawAuthority());
        if (!authority.matches()
                || !isEmpty(given.getPath())
                || given.getRawQuery() != null
                || given.getRawFragment() != null) {
            throw address.refused(RULE);
        }
        RedisURI options = new RedisURI();
        List<ClusterSlots.Server> seeds = new ArrayList<>();
        try {
            options.setSsl(address.scheme().startsWith("rediss"));
            options.setVerifyPeer(SslVerifyMode.FULL);
            RedisAddress.credentials(options, authority.group(1));
            for (String host : authority.group(2).split(",", -1)) {
                URI one = URI.create("redis://" + host);
                seeds.add(new ClusterSlots.Server(one.getHost(), one.getPort() < 0 ? PORT : one.getPort()));
            }
        } catch (IllegalArgumentException e) {
            throw address.refused(RULE);
        }
        return new ClusterAddress(seeds, options, address.scheme() + "://" + authority.group(2));
    }

    private static boolean isEmpty(@Nullable String path) {
        return path == null || path.isEmpty() || path.equals("/");
    }

    RedisURI uri(ClusterSlots.Server server) {
        RedisURI uri = RedisURI.create(server.host(), server.port());
        uri.setSsl(options.isSsl());
        uri.setVerifyPeer(options.getVerifyMode());
        uri.setCredentialsProvider(options.getCredentialsProvider());
        uri.setClientName(options.getClientName());
        return uri;
    }

    RedisAddress at(ClusterSlots.Server server) {
        return new RedisAddress(uri(server), server.toString(), true);
    }
}
