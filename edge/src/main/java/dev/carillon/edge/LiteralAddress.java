package dev.carillon.edge;

import java.net.Inet4Address;
import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A literal IP address. Parsing it never queries a name server; ambiguous forms are refused ({@code 1.2}, {@code 0x7f.1}, {@code
 * 010.0.0.1}, zone ids). An IPv4-mapped IPv6 address becomes the IPv4 address (RFC 4291, section 2.5.5.2).
 */
public record LiteralAddress(InetAddress address) {
    private static final String BYTE = "(?:0|[1-9]\\d{0,2})";
    private static final Pattern IPV4 = Pattern.compile(BYTE + "(?:\\." + BYTE + "){3}");
    private static final Pattern IPV6 = Pattern.compile("[0-9A-Fa-f:]{2,39}|[0-9A-Fa-f:]{1,30}:" + IPV4);
    private static final Pattern PORT = Pattern.compile(":\\d{1,5}");
    private static final long IPV4_KEY = 0xFFFF_FFFF_0000_0000L;

    /** Parses an address without brackets, port, zone or spaces. */
    public static Optional<LiteralAddress> parse(String text) {
        Matcher ipv6 = IPV6.matcher(text);
        if (!IPV4.matcher(text).matches() && !(ipv6.matches() && text.indexOf(':') >= 0)) {
            return Optional.empty();
        }
        try {
            return Optional.of(new LiteralAddress(InetAddress.ofLiteral(text)));
        } catch (IllegalArgumentException e) {
            return Optional.empty();
        }
    }

    /** Parses an entry of a forwarded header: an address with an optional port; IPv6 may be in brackets, and must be with a port. */
    public static Optional<LiteralAddress> parseHop(String text) {
        String hop = text.strip();
        if (hop.startsWith("[")) {
            int end = hop.indexOf(']');
            boolean wellFormed = end > 0
                    && hop.substring(1, end).indexOf(':') >= 0
                    && (end == hop.length() - 1
                            || PORT.matcher(hop.substring(end + 1)).matches());
            return wellFormed ? parse(hop.substring(1, end)) : Optional.empty();
        }
        int colon = hop.indexOf(':');
        boolean hasPort = colon > 0 && hop.indexOf('.') > 0 && hop.indexOf('.') < colon;
        if (hasPort && PORT.matcher(hop.substring(colon)).matches()) {
            return parse(hop.substring(0, colon));
        }
        return parse(hop);
    }

    /** The key of an address in limits. An IPv6 /64 network has one key, as a client may use all of it. */
    public static long key(InetAddress address) {
        ByteBuffer bytes = ByteBuffer.wrap(address.getAddress());
        // The IPv4 prefix cannot collide with a client's IPv6 address, as it is a multicast prefix.
        return address instanceof Inet4Address ? IPV4_KEY | Integer.toUnsignedLong(bytes.getInt()) : bytes.getLong();
    }

    /** The address of a key, or the network {@code …/64} that has it. */
    public static String text(long key) {
        if ((key & IPV4_KEY) == IPV4_KEY) {
            return (key >>> 24 & 255) + "." + (key >>> 16 & 255) + "." + (key >>> 8 & 255) + "." + (key & 255);
        }
        StringBuilder text = new StringBuilder();
        for (int shift = 48; shift >= 0; shift -= 16) {
            text.append(Long.toHexString(key >>> shift & 0xFFFF)).append(':');
        }
        return text.append(":/64").toString();
    }
}
