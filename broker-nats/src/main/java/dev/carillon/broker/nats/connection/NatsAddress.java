package dev.carillon.broker.nats.connection;

import dev.carillon.broker.BrokerAddress;
import dev.carillon.edge.VerifiedTls;
import io.nats.client.Options;
import java.net.URI;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The addresses of one server, or of the servers of a cluster, and the user's secret. No secret is part of {@link #shown} or of a server, so
 * that no message of jnats can contain one.
 *
 * @param tls whether a server without TLS is refused
 * @param shown printable address
 * @param user null with a secret: the secret is a token
 */
public record NatsAddress(
        List<Server> servers,
        boolean tls,
        String shown,
        @Nullable String user,
        @Nullable String secret) {
    private static final int DEFAULT_PORT = 4222;
    private static final String RULE =
            "must be nats://host:port or tls://host:port, with up to 9 servers as nats://host:port,host:port";
    private static final String HOST = "(?:[A-Za-z0-9._-]{1,253}|\\[[0-9A-Fa-f:.]{2,45}])(?::\\d{1,5})?";
    private static final Pattern AUTHORITY = Pattern.compile("(?:([^@]*)@)?(" + HOST + "(?:," + HOST + "){0,8})");

    /**
     * A server.
     *
     * @param url address without credentials
     * @param host host name that the server's certificate must contain
     */
    public record Server(String url, String host) {}

    public NatsAddress {
        servers = List.copyOf(servers);
    }

    /** @throws dev.carillon.base.ConfigException for an invalid address; its message contains no secret */
    public static NatsAddress parse(BrokerAddress given) {
        URI address = given.uri();
        String path = address.getRawPath();
        String authority = address.getRawAuthority();
        Matcher matcher = AUTHORITY.matcher(authority == null ? "" : authority);
        if (!matcher.matches()
                || (path != null && path.length() > 1)
                || address.getRawQuery() != null
                || address.getRawFragment() != null) {
            throw given.refused(RULE);
        }
        String scheme = address.getScheme();
        List<Server> servers;
        try {
            servers = Stream.of(matcher.group(2).split(",", -1))
                    .map(host -> server(scheme, host))
                    .toList();
        } catch (IllegalArgumentException e) {
            throw given.refused(RULE);
        }
        String shown = servers.size() == 1
                ? given.toString()
                : scheme + "://" + (matcher.group(1) == null ? "" : "(hidden)@") + matcher.group(2);
        boolean tls = scheme.equalsIgnoreCase("tls");
        String info = matcher.group(1);
        if (info == null) {
            return new NatsAddress(servers, tls, shown, null, null);
        }
        int colon = info.indexOf(':');
        return colon < 0
                ? new NatsAddress(servers, tls, shown, null, decoded(info))
                : new NatsAddress(
                        servers, tls, shown, decoded(info.substring(0, colon)), decoded(info.substring(colon + 1)));
    }

    private static Server server(String scheme, String given) {
        URI one = URI.create(scheme + "://" + given);
        String host = one.getHost();
        int port = one.getPort() < 0 ? DEFAULT_PORT : one.getPort();
        if (host == null || port > 65_535) {
            throw new IllegalArgumentException("not an address");
        }
        return new Server(scheme + "://" + host + ":" + port, host);
    }

    /** Whether the address names more than one server. */
    public boolean several() {
        return servers.size() > 1;
    }

    /** @param authorities file of the authorities that sign certificates; empty: those of the JVM */
    void applyTo(Options.Builder options, Server server, Optional<Path> authorities) {
        // Sessions connect to the configured addresses only. A server announces further addresses before the handshake
        // and in
        // the clear, and they would receive the password.
        options.server(server.url()).ignoreDiscoveredServers();
        if (tls) {
            // jnats verifies no host name, and resolves it before it connects.
            options.sslContext(authorities
                    .map(file -> VerifiedTls.trusting(file, server.host()))
                    .orElseGet(() -> VerifiedTls.context(server.host())));
        }
    }

    /** Omits the secret. */
    @Override
    public String toString() {
        return shown;
    }

    private static String decoded(String text) {
        return URLDecoder.decode(text.replace("+", "%2B"), StandardCharsets.UTF_8);
    }
}
