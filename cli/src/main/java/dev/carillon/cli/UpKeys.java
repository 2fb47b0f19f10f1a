package dev.carillon.cli;

import dev.carillon.base.Key;
import dev.carillon.node.NodeKeys;

/** Keys that {@code up} has beside those of a node, or with another meaning. */
final class UpKeys {
    static final Key NODES = Key.of("nodes", "N", "3", "How many nodes.");

    static final Key PORT = Key.of(
            NodeKeys.PORT.name(),
            "PORT",
            "8080",
            "The proxy's; those behind it are the nodes', then come their admin ports, then their internal ports: with 3 nodes PORT to PORT+9.");

    private UpKeys() {}
}
