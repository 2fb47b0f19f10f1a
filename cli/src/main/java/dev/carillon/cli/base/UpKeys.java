package dev.carillon.cli.base;

import dev.carillon.base.Key;
import dev.carillon.node.NodeKeys;
import java.util.List;

/** Settings of {@code up} that a node does not have, or that have another meaning for a node. */
public final class UpKeys {
    public static final Key<Integer> NODES = Key.integer("nodes", "N", 3, 1, 100, "Number of nodes, 1 to 100.");

    public static final Key<Integer> PORT = Key.integer(
            NodeKeys.PORT.name(),
            "PORT",
            8080,
            1,
            65_535,
            "Port of the proxy. The next ports are those of the nodes, then their admin ports, then their internal ports: with 3 nodes PORT to PORT+9.");

    public static final Key<Boolean> TLS = Key.flag(
            "tls",
            "Serve HTTPS, with a certificate that is made at each start for the names and addresses of this machine. Browsers warn once.");

    public static final List<Key<?>> ALL = List.of(NODES, PORT, TLS);

    private UpKeys() {}
}
