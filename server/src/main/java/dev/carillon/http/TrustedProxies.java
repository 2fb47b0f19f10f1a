package dev.carillon.http;

import dev.carillon.base.ConfigException;
import dev.carillon.edge.Networks;
import java.net.InetAddress;
import java.util.List;

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

    /** As {@link Networks#client}. */
    InetAddress client(InetAddress peer, List<String> headers) {
        return networks.client(peer, headers);
    }
}
