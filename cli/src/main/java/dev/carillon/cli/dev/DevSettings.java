package dev.carillon.cli.dev;

import dev.carillon.base.Key;
import dev.carillon.base.Settings;
import dev.carillon.broker.Broker;
import dev.carillon.broker.BrokerOptions;
import dev.carillon.broker.Brokers;
import dev.carillon.lab.cluster.Tokens;
import dev.carillon.mercure.MercureKeys;
import dev.carillon.node.NodeConfig;
import dev.carillon.node.NodeKeys;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The settings of the nodes of {@code dev}: those given, in development mode, with keys that stay the same from node to node. Immutable. */
public final class DevSettings {
    /** What the command sets itself. */
    private static final Set<Key<?>> OWN = Set.of(NodeKeys.MODE, NodeKeys.ANONYMOUS, NodeKeys.NODE_ID, MercureKeys.UI);

    /** Settings that may be given. */
    public static final List<Key<?>> KEYS =
            NodeKeys.ALL.stream().filter(key -> !OWN.contains(key)).toList();

    private static final String NODE_ID = "dev";

    private final String jwtKey = Tokens.randomKey();
    private final String secret = Tokens.randomKey();

    /** @throws dev.carillon.base.ConfigException for wrong settings */
    public NodeConfig config(Settings given) {
        return NodeConfig.of(Settings.of(NodeKeys.ALL, all(given)));
    }

    private Map<String, String> all(Settings given) {
        Map<String, String> all = new HashMap<>();
        KEYS.forEach(key -> given.text(key).ifPresent(value -> all.put(key.name(), value)));
        all.put(NodeKeys.MODE.name(), "development");
        all.put(NodeKeys.ANONYMOUS.name(), "true");
        all.put(NodeKeys.NODE_ID.name(), NODE_ID);
        all.put(MercureKeys.UI.name(), "true");
        if (!all.containsKey(NodeKeys.JWT_KEY.name()) && !all.containsKey(NodeKeys.JWT_KEY_FILE.name())) {
            all.put(NodeKeys.JWT_KEY.name(), jwtKey);
        }
        // Otherwise the sessions of open tabs would end with each node.
        all.putIfAbsent(NodeKeys.SECRET.name(), secret);
        return all;
    }

    /**
     * Keeps the data of a broker in memory while no node is there.
     *
     * @return null: the broker is a server of its own
     */
    public static @Nullable Broker keeper(Settings given) {
        return given.get(NodeKeys.BROKER).scheme().equals("memory")
                ? Brokers.open(given.get(NodeKeys.BROKER), BrokerOptions.of("dev-keeper"))
                : null;
    }
}
