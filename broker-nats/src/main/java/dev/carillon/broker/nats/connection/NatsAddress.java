package dev.carillon.broker.nats.connection;

import dev.carillon.broker.BrokerAddress;
import dev.carillon.edge.VerifiedTls;
import io.nats.client.Options;
import java.net.URI;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * The server's address and the credentials. No secret is part of {@link #shown} or {@link #server}, so that no message of jnats can
 * contain one.
 *
 * @param server address without credentials
 * @param host host name that the server's certificate must contain
 * @param tls whether a server without TLS is refused
 * @param shown printable address
 */
public record NatsAddress(
        String server,
        String host,
        boolean tls,
        String shown,
        @Nullable String user,
        @Nullable String secret) {
    private static final int DEFAULT_PORT = 4222;

    public static NatsAddress parse(BrokerAddress given) {
        URI address = given.uri();
        String shown = given.toString();
        String host = address.getHost();
        String path = address.getRawPath();
        if (host == null || (path != null && path.length() > 1) || address.getRawQuery() != null) {
            throw given.refused("must be nats://host:port or tls://host:port");
        }
        int port = address.getPort() < 0 ? DEFAULT_PORT : address.getPort();
        String server = address.getScheme() + "://" + host + ":" + port;
        boolean tls = address.getScheme().equalsIgnoreCase("tls");
        String info = address.getRawUserInfo();
        if (info == null) {
            return new NatsAddress(server, host, tls, shown, null, null);
        }
        int colon = info.indexOf(':');
        return colon < 0
                ? new NatsAddress(server, host, tls, shown, null, decoded(info))
                : new NatsAddress(
                        server,
                        host,
                        tls,
                        shown,
                        decoded(info.substring(0, colon)),
                        decoded(info.substring(colon + 1)));
    }

    public void applyTo(Options.Builder options) {
        // Sessions connect to the configured address only. A server announces further addresses before the handshake
        // and in
        // the clear, and they would receive the password.
        options.server(server).ignoreDiscoveredServers();
        if (tls) {
            // jnats verifies no host name, and resolves it before it connects.
            options.sslContext(VerifiedTls.context(host));
        }
        if (secret == null) {
            return;
        }
        if (user == null) {
            options.token(secret.toCharArray());
        } else {
            options.userInfo(user.toCharArray(), secret.toCharArray());
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
