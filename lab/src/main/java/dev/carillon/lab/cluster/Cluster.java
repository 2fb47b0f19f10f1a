package dev.carillon.lab.cluster;

import dev.carillon.base.Key;
import dev.carillon.base.Settings;
import dev.carillon.node.NodeKeys;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;

/** The nodes that {@code up} started. */
public interface Cluster extends AutoCloseable {
    /** One that serves; with the id of its process where that is another one. */
    record Member(Serving serving, OptionalLong pid) {}

    List<Member> members();

    /** Returns when no node is left that could serve. */
    void awaitEnd() throws InterruptedException;

    /** Ends every node, without a drain: there is no other that its clients could go to. */
    @Override
    void close();

    /** Ends what has not ended yet, without order. */
    void kill();

    /**
     * The configuration of one of the nodes.
     *
     * @param common what all of them share
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
