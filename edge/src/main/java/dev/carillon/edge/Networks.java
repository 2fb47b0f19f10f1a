package dev.carillon.edge;

import java.net.InetAddress;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.regex.Pattern;

/** A list of IP networks, such as {@code 10.0.0.0/8}, {@code fd00::/8} or a single address. */
public final class Networks {
    public static final Networks NONE = new Networks(List.of());
    /** What {@link #parse} accepts, for error messages. */
    public static final String RULE = "must be a network such as 10.0.0.0/8 or an address";

    private static final Pattern BITS = Pattern.compile("\\d{1,3}");
    private static final int MAPPED_BITS = 96;

    @SuppressWarnings("ArrayRecordComponent") // never compared
    private record Network(byte[] address, int bits) {
        boolean contains(byte[] other) {
            if (other.length != address.length) {
                return false;
            }
            for (int i = 0; i < bits; i++) {
                int mask = 0x80 >> i % 8;
                if ((address[i / 8] & mask) != (other[i / 8] & mask)) {
                    return false;
                }
            }
            return true;
        }
    }

    private final List<Network> networks;

    private Networks(List<Network> networks) {
        this.networks = networks;
    }

    /** @param refused creates the exception for the first invalid text */
    public static Networks parse(List<String> cidrs, Function<String, RuntimeException> refused) {
        return new Networks(cidrs.stream()
                .map(cidr -> parse(cidr).orElseThrow(() -> refused.apply(cidr)))
                .toList());
    }

    public boolean contains(InetAddress address) {
        if (networks.isEmpty()) {
            return false;
        }
        byte[] bytes = address.getAddress();
        for (Network network : networks) {
            if (network.contains(bytes)) {
                return true;
            }
        }
        return false;
    }

    /**
     * Returns the client of a connection, if these are the networks of trusted proxies: the last hop outside of them. The client may have
     * forged the hops before it. If a hop cannot be parsed, the proxy that added it is returned.
     *
     * @param peer remote address of the connection
     * @param headers the {@code X-Forwarded-For} headers in order: proxies extend the last one or add another
     */
    public InetAddress client(InetAddress peer, List<String> headers) {
        InetAddress nearest = peer;
        for (String header : headers.reversed()) {
            for (String hop : List.of(header.split(",", -1)).reversed()) {
                if (!contains(nearest)) {
                    return nearest;
                }
                Optional<LiteralAddress> parsed = LiteralAddress.parseHop(hop);
                if (parsed.isEmpty()) {
                    return nearest;
                }
                nearest = parsed.get().address();
            }
        }
        return nearest;
    }

    private static Optional<Network> parse(String cidr) {
        int slash = cidr.indexOf('/');
        String host = slash < 0 ? cidr : cidr.substring(0, slash);
        return LiteralAddress.parse(host).flatMap(literal -> {
            byte[] address = literal.address().getAddress();
            if (slash < 0) {
                return Optional.of(new Network(address, address.length * 8));
            }
            String prefix = cidr.substring(slash + 1);
            if (!BITS.matcher(prefix).matches()) {
                return Optional.empty();
            }
            // The first 96 bits of ::ffff:10.0.0.0/104 mark an IPv4 address.
            boolean mapped = address.length == 4 && host.indexOf(':') >= 0;
            int bits = Integer.parseInt(prefix) - (mapped ? MAPPED_BITS : 0);
            return bits >= 0 && bits <= address.length * 8 ? Optional.of(new Network(address, bits)) : Optional.empty();
        });
    }
}
