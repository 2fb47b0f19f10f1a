package dev.carillon.edge;

import java.net.InetAddress;
import java.util.List;
import java.util.function.Predicate;

/** Who can reach an address that a server listens on, or that it connects to. No name is looked up. */
public enum Exposure {
    /** This machine alone. */
    LOOPBACK,
    /** A private network (RFC 1918, RFC 4193), or a link. */
    PRIVATE,
    /** Anything else: a public address, all addresses of the machine, or a name. */
    PUBLIC;

    /** Of documentation (RFC 5737, RFC 3849): no proxy of anybody has them, and they share no network but that of all. */
    private static final List<List<String>> STRANGERS =
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

    /** Whether networks hold every address of IPv4 or of IPv6, so that every client is believed. */
    public static boolean everyone(Predicate<InetAddress> networks) {
        return STRANGERS.stream()
                .anyMatch(strangers ->
                        strangers.stream().map(InetAddress::ofLiteral).allMatch(networks));
    }
}
