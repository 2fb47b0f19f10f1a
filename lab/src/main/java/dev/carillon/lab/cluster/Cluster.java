package dev.carillon.lab.cluster;

import dev.carillon.base.Key;
import dev.carillon.base.Settings;
import dev.carillon.node.NodeKeys;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;

/** Several nodes on this machine. */
public interface Cluster extends AutoCloseable {
    /** A ready node.
     *
     * @param pid id of its process; empty if that is this process
     */
    record Member(ListenAddresses address, OptionalLong pid) {}

    List<Member> members();

    /** Blocks until every node has ended. */
    void awaitEnd() throws InterruptedException;

    /** Stops every node without a drain, as no node remains for its clients. */
    @Override
    void close();

    /** Kills the nodes that still run. */
    void kill();

    /**
     * The configuration of one node.
     *
     * @param common settings that all nodes share
     */
    record Plan(String id, int port, int adminPort, int internalPort, Map<String, String> common) {
        Map<String, String> own() {
            return Map.of(
                    NodeKeys.NODE_ID.name(), id,
                    NodeKeys.PORT.name(), Integer.toString(port),
                    NodeKeys.ADMIN_PORT.name(), Integer.toString(adminPort),
                    NodeKeys.INTERNAL_PORT.name(), Integer.toString(internalPort));
        }

        public Settings settings() {
            Map<String, String> all = new HashMap<>(common);
            all.putAll(own());
            return Settings.of(NodeKeys.ALL, all);
        }

        public String shared(Key<?> key) {
            return Optional.ofNullable(common.get(key.name())).orElse("");
        }
    }
}
