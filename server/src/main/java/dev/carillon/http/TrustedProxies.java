package dev.carillon.http;

import dev.carillon.base.ConfigException;
import dev.carillon.edge.LiteralAddress;
import dev.carillon.edge.Networks;
import java.net.InetAddress;
import java.util.List;
import java.util.Optional;

/** The networks of proxies whose forwarded headers count; from anywhere else they are ignored. */
public final class TrustedProxies {
    private final Networks networks;

    /** @param cidrs such as {@code 10.0.0.0/8}, {@code fd00::/8} or one address */
    public TrustedProxies(List<String> cidrs) {
        this.networks = Networks.parse(
                cidrs,
                cidr -> new ConfigException(
                        "trusted-proxies", cidr, "must be a network such as 10.0.0.0/8 or an address"));
    }

    Networks networks() {
        return networks;
    }

    public boolean contains(InetAddress address) {
        return networks.contains(address);
    }

    /**
     * The client of a connection by the word of the trusted proxies on its way: the last hop that is none of theirs, as what stands
     * before it the client may have written itself. Where a hop cannot be read, the proxy that told it counts.
     *
     * @param peer the other end of the connection
     * @param headers each {@code X-Forwarded-For} in order: proxies add to the last one, or one more
     */
    InetAddress client(InetAddress peer, List<String> headers) {
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
}
