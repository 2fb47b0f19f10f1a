package dev.carillon.cluster;

import dev.carillon.base.ConfigException;
import dev.carillon.base.Key;
import java.net.InetAddress;
import java.net.URI;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The address at which other nodes reach the internal port of a node. It must be connectable: no wildcard, no multicast.
 *
 * @param host a DNS name or a literal address (IPv6 without brackets)
 * @param port 0: the port of the node's listener
 */
public record NodeAddress(String host, int port) {
    private static final String BROADCAST = "255.255.255.255";
    private static final int MAX_PORT = 65_535;

    public NodeAddress {
        String problem = problem(host);
        if (problem != null || port < 0 || port > MAX_PORT) {
            throw new IllegalArgumentException(problem != null ? problem : "a port is a number from 1 to " + MAX_PORT);
        }
    }

    /**
     * Parses a setting, {@code HOST} or {@code HOST:PORT}.
     *
     * @throws ConfigException for another form, and for an address that no other node can connect to
     */
    public static NodeAddress of(Key<?> key, String text) {
        try {
            return read(text);
        } catch (IllegalArgumentException e) {
            throw new ConfigException(
                    key, text, "must be HOST or HOST:PORT by which the other nodes reach this one: " + e.getMessage());
        }
    }

    /** Parses the address in a node's record; empty for anything but an address with a port. */
    static Optional<NodeAddress> parse(String text) {
        try {
            return Optional.of(read(text)).filter(address -> address.port > 0);
        } catch (IllegalArgumentException e) {
            return Optional.empty();
        }
    }

    private static NodeAddress read(String text) {
        int bracket = text.startsWith("[") ? text.indexOf(']') : -1;
        if (bracket > 0) {
            String rest = text.substring(bracket + 1);
            if (!rest.isEmpty() && !rest.startsWith(":")) {
                throw new IllegalArgumentException("only a port may follow the closing bracket");
            }
            return new NodeAddress(text.substring(1, bracket), rest.isEmpty() ? 0 : port(rest.substring(1)));
        }
        int colon = text.indexOf(':');
        return colon < 0 || colon != text.lastIndexOf(':')
                ? new NodeAddress(text, 0)
                : new NodeAddress(text.substring(0, colon), port(text.substring(colon + 1)));
    }

    private static int port(String text) {
        int port = text.matches("\\d{1,5}") ? Integer.parseInt(text) : 0;
        if (port == 0) {
            throw new IllegalArgumentException("a port is a number from 1 to " + MAX_PORT);
        }
        return port;
    }

    /** The reason why no node can connect to a host; null if its form allows it. */
    private static @Nullable String problem(String host) {
        String authority = host.indexOf(':') < 0 ? host : "[" + host + "]";
        try {
            // An IPv6 zone, as in fe80::1%eth0, is valid only on its own machine.
            if (host.isEmpty()
                    || host.indexOf('%') >= 0
                    || !authority.equals(URI.create("http://" + authority + "/").getHost())) {
                return "the host is neither a DNS name nor an address";
            }
        } catch (IllegalArgumentException e) {
            return "the host is neither a DNS name nor an address";
        }
        InetAddress address;
        try {
            address = InetAddress.ofLiteral(host);
        } catch (IllegalArgumentException e) {
            return null;
        }
        return address.isAnyLocalAddress()
                        || address.isMulticastAddress()
                        || address.getHostAddress().equals(BROADCAST)
                ? "no node can connect to " + host
                : null;
    }

    /** This address, with the listener's port if it has none. */
    public NodeAddress listeningOn(int listening) {
        return port == 0 ? new NodeAddress(host, listening) : this;
    }

    /** {@code HOST:PORT}. */
    public String text() {
        return (host.indexOf(':') < 0 ? host : "[" + host + "]") + ":" + port;
    }

    URI uri(String path) {
        return URI.create("http://" + text() + path);
    }

    @Override
    public String toString() {
        return text();
    }
}
