package dev.carillon.proxy;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.List;
import java.util.regex.Pattern;

/** Networks of addresses, as in {@code 10.0.0.0/8}. */
record Networks(List<Network> networks) {
    private static final Pattern NUMERIC = Pattern.compile("[0-9A-Fa-f:.]{2,45}");

    @SuppressWarnings("ArrayRecordComponent") // never compared
    record Network(byte[] address, int bits) {
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

    /** @throws ProxyConfigException for the first that is none */
    static Networks parse(List<String> cidrs) {
        return new Networks(cidrs.stream().map(Networks::parse).toList());
    }

    boolean contains(InetAddress address) {
        byte[] bytes = address.getAddress();
        return networks.stream().anyMatch(network -> network.contains(bytes));
    }

    private static Network parse(String cidr) {
        String[] parts = cidr.split("/", 2);
        // Names are refused before they are read: reading one asks a name server.
        if (NUMERIC.matcher(parts[0]).matches()) {
            try {
                byte[] address = InetAddress.getByName(parts[0]).getAddress();
                int bits = parts.length == 1 ? address.length * 8 : Integer.parseInt(parts[1]);
                if (bits >= 0 && bits <= address.length * 8) {
                    return new Network(address, bits);
                }
            } catch (UnknownHostException | NumberFormatException e) {
                // Told below.
            }
        }
        throw new ProxyConfigException("trusted-proxies", cidr, "must be a network such as 10.0.0.0/8 or an address");
    }
}
