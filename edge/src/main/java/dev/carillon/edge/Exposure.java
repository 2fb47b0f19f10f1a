package dev.carillon.edge;

import java.net.InetAddress;
import java.util.List;
import java.util.function.Predicate;

/** The reachability of an address that a server listens on or connects to. No name is looked up. */
public enum Exposure {
    /** This machine only. */
    LOOPBACK,
    /** A private network (RFC 1918, RFC 4193), or a link. */
    PRIVATE,
    /** Anything else: a public address, all addresses of the machine, or a name. */
    PUBLIC;

    /** Documentation addresses (RFC 5737, RFC 3849), which no proxy has. Only the network of all addresses contains both of a pair. */
    private static final List<List<String>> DOCUMENTATION =
            List.of(List.of("192.0.2.1", "203.0.113.1"), List.of("2001:db8::1", "fd00:db8::1"));

    public static Exposure of(String host) {
        String literal = host.startsWith("[") && host.endsWith("]") ? host.substring(1, host.length() - 1) : host;
        if (literal.equalsIgnoreCase("localhost")) {
            return LOOPBACK;
        }
        InetAddress address;
        try {
            address = InetAddress.ofLiteral(literal);
        } catch (IllegalArgumentException e) {
            return PUBLIC;
        }
        if (address.isLoopbackAddress()) {
            return LOOPBACK;
        }
        boolean uniqueLocal = address.getAddress().length == 16 && (address.getAddress()[0] & 0xfe) == 0xfc;
        return address.isSiteLocalAddress() || address.isLinkLocalAddress() || uniqueLocal ? PRIVATE : PUBLIC;
    }

    /** Whether networks contain every address of IPv4 or of IPv6, so that every client would be trusted. */
    public static boolean coversAll(Predicate<InetAddress> networks) {
        return DOCUMENTATION.stream()
                .anyMatch(addresses ->
                        addresses.stream().map(InetAddress::ofLiteral).allMatch(networks));
    }
}
