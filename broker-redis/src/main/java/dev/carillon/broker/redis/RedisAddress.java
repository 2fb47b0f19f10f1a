package dev.carillon.broker.redis;

import dev.carillon.base.ConfigException;
import dev.carillon.broker.BrokerAddress;
import io.lettuce.core.RedisURI;
import io.lettuce.core.SslVerifyMode;
import io.lettuce.core.StaticCredentialsProvider;
import java.net.URI;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Where the primary server is.
 *
 * @param uri with the sentinels, if the address has some; lettuce asks them for the primary at each connect
 * @param shown the address without its secrets
 * @param isCluster whether it is a server of a cluster, which has the slots of some tenants
 */
public record RedisAddress(RedisURI uri, String shown, boolean isCluster) {
    private static final String RULE = "must be redis://user:password@host:port/database";
    private static final String SENTINEL_RULE =
            "must be redis+sentinel://user:password@host:port,host:port/name/database, with up to 9 sentinels";
    private static final int SENTINEL_PORT = 26379;
    public static final String HOST = "[A-Za-z0-9._-]{1,253}(?::\\d{1,5})?";
    private static final Pattern SENTINELS = Pattern.compile("(?:([^@]*)@)?(" + HOST + "(?:," + HOST + "){0,8})");
    private static final Pattern NAME = Pattern.compile("/([A-Za-z0-9._-]{1,100})(?:/(\\d{1,5}))?");

    /** @throws ConfigException for an invalid address, without its password */
    static RedisAddress of(BrokerAddress address) {
        return address.scheme().endsWith("+sentinel") ? sentinels(address) : server(address);
    }

    /** Whether the primary may change. */
    boolean hasSentinels() {
        return !uri.getSentinels().isEmpty();
    }

    private static RedisAddress server(BrokerAddress address) {
        URI given = address.uri();
        String path = given.getPath();
        // lettuce reads options from the query, one of which disables the check of the certificate.
        if (given.getHost() == null || given.getRawQuery() != null || path != null && !path.matches("/?\\d{0,5}")) {
            throw address.refused(RULE);
        }
        try {
            RedisURI uri = RedisURI.create(given);
            uri.setVerifyPeer(SslVerifyMode.FULL);
            return new RedisAddress(uri, address.toString(), false);
        } catch (IllegalArgumentException e) {
            // Its message may show the password.
            throw address.refused(RULE);
        }
    }

    private static RedisAddress sentinels(BrokerAddress address) {
        URI given = address.uri();
        Matcher authority = SENTINELS.matcher(given.getRawAuthority() == null ? "" : given.getRawAuthority());
        Matcher path = NAME.matcher(given.getPath() == null ? "" : given.getPath());
        if (!authority.matches() || !path.matches() || given.getRawQuery() != null || given.getRawFragment() != null) {
            throw address.refused(SENTINEL_RULE);
        }
        boolean tls = address.scheme().startsWith("rediss");
        RedisURI uri = new RedisURI();
        try {
            uri.setSentinelMasterId(path.group(1));
            uri.setDatabase(path.group(2) == null ? 0 : Integer.parseInt(path.group(2)));
            uri.setSsl(tls);
            uri.setVerifyPeer(SslVerifyMode.FULL);
            credentials(uri, authority.group(1));
            for (String host : authority.group(2).split(",", -1)) {
                URI one = URI.create("redis://" + host);
                RedisURI sentinel = RedisURI.create(one.getHost(), one.getPort() < 0 ? SENTINEL_PORT : one.getPort());
                sentinel.setSsl(tls);
                sentinel.setVerifyPeer(SslVerifyMode.FULL);
                uri.getSentinels().add(sentinel);
            }
        } catch (IllegalArgumentException e) {
            throw address.refused(SENTINEL_RULE);
        }
        return new RedisAddress(uri, address.scheme() + "://" + authority.group(2) + path.group(), false);
    }

    /** @param raw user and password as in an address; null: none */
    public static void credentials(RedisURI uri, @Nullable String raw) {
        if (raw == null) {
            return;
        }
        String userInfo = URI.create("redis://" + raw + "@host").getUserInfo();
        int colon = userInfo.indexOf(':');
        if (colon < 0) {
            throw new IllegalArgumentException("a user without a password");
        }
        String user = colon == 0 ? null : userInfo.substring(0, colon);
        uri.setCredentialsProvider(new StaticCredentialsProvider(
                user, userInfo.substring(colon + 1).toCharArray()));
    }
}
