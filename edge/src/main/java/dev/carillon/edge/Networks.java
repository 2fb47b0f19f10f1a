package dev.carillon.edge;

import java.net.InetAddress;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.regex.Pattern;

/** Networks of addresses, as in {@code 10.0.0.0/8}, {@code fd00::/8} or one address. */
public final class Networks {
    public static final Networks NONE = new Networks(List.of());

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

    /** @param refused makes what is thrown for the first text that is no network */
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
     * The client of a connection, where these are the networks of trusted proxies: the last hop that is none of theirs. What stands before
     * it the client may have written itself. Where a hop cannot be read, the proxy that wrote it counts.
     *
     * @param peer the other end of the connection
     * @param headers each {@code X-Forwarded-For} in order: proxies add to the last one, or one more
     */
    public InetAddress client(InetAddress peer, List<String> headers) {
        InetAddress nearest = peer;
        for (String header : headers.reversed()) {
            for (String hop : List.of(header.split(",", -1)).reversed()) {
                if (!contains(nearest)) {
                    return nearest;
                }
                Optional<LiteralAddress> read = LiteralAddress.parseHop(hop);
                if (read.isEmpty()) {
                    return nearest;
                }
                nearest = read.get().address();
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
            String written = cidr.substring(slash + 1);
            if (!BITS.matcher(written).matches()) {
                return Optional.empty();
            }
            // Of ::ffff:10.0.0.0/104 the first 96 bits say that it is one of IPv4.
            boolean mapped = address.length == 4 && host.indexOf(':') >= 0;
            int bits = Integer.parseInt(written) - (mapped ? MAPPED_BITS : 0);
            return bits >= 0 && bits <= address.length * 8 ? Optional.of(new Network(address, bits)) : Optional.empty();
        });
    }
}
