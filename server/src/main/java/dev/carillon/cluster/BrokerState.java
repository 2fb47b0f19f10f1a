package dev.carillon.cluster;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.carillon.base.Text;
import java.util.ArrayList;
import java.util.List;

/**
 * The broker, as a node sees it.
 *
 * @param connected whether it is connected for all tenants
 * @param writable whether it accepts writes, as far as known
 * @param unavailableTenants number of tenants with streams at the node for which it is not connected
 * @param unavailableServers addresses of its servers that are unavailable, if it has several
 */
public record BrokerState(
        String driver, boolean connected, boolean writable, int unavailableTenants, List<String> unavailableServers) {
    private static final int MAX_TEXT_CHARS = 40;
    private static final int MAX_ADDRESS_CHARS = 300;
    private static final int MAX_SERVERS = 100;

    public BrokerState {
        unavailableServers = unavailableServers.stream().limit(MAX_SERVERS).toList();
    }

    public boolean isWell() {
        return connected && writable;
    }

    /** @param servers whether addresses of servers are put, which are for operators */
    public void putTo(ObjectNode node, boolean servers) {
        node.put("driver", driver).put("connected", connected).put("writable", connected && writable);
        if (!connected) {
            node.put("unavailableTenants", unavailableTenants);
        }
        if (servers && !unavailableServers.isEmpty()) {
            ArrayNode list = node.putArray("unavailableServers");
            unavailableServers.forEach(list::add);
        }
    }

    static BrokerState read(JsonNode node) {
        List<String> servers = new ArrayList<>();
        node.path("unavailableServers").forEach(server -> {
            if (servers.size() < MAX_SERVERS) {
                servers.add(Text.printable(server.asText(), MAX_ADDRESS_CHARS));
            }
        });
        return new BrokerState(
                Text.printable(node.path("driver").asText(), MAX_TEXT_CHARS),
                node.path("connected").asBoolean(),
                node.path("writable").asBoolean(),
                node.path("unavailableTenants").asInt(),
                servers);
    }
}
