package dev.carillon.http;

import dev.carillon.base.ConfigException;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;

/** The networks of proxies whose forwarded headers count; from anywhere else they are ignored. */
public final class TrustedProxies {
    private static final Pattern NUMERIC = Pattern.compile("[0-9A-Fa-f:.]+");

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

    private final List<Network> networks = new ArrayList<>();

    /** @param cidrs such as {@code 10.0.0.0/8}, {@code fd00::/8} or one address */
    public TrustedProxies(List<String> cidrs) {
        for (String cidr : cidrs) {
            networks.add(parse(cidr));
        }
    }

    public boolean contains(InetAddress address) {
        byte[] bytes = address.getAddress();
        return networks.stream().anyMatch(n -> n.contains(bytes));
    }

    /** Whether the text is an address and no name, so that reading it asks no name server. */
    static boolean isNumeric(String host) {
        return host.length() <= 45 && NUMERIC.matcher(host).matches();
    }

    private static Network parse(String cidr) {
        int slash = cidr.indexOf('/');
        String host = slash < 0 ? cidr : cidr.substring(0, slash);
        if (isNumeric(host)) {
            try {
                byte[] address = InetAddress.getByName(host).getAddress();
                int bits = slash < 0 ? address.length * 8 : Integer.parseInt(cidr.substring(slash + 1));
                if (bits >= 0 && bits <= address.length * 8) {
                    return new Network(address, bits);
                }
            } catch (UnknownHostException | NumberFormatException e) {
                // Told below.
            }
        }
        throw new ConfigException("trusted-proxies", cidr, "must be a network such as 10.0.0.0/8 or an address");
    }
}
