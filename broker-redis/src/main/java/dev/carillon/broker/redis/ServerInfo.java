package dev.carillon.broker.redis;

import dev.carillon.base.ConfigException;
import dev.carillon.base.Text;
import dev.carillon.broker.BrokerUnavailableException;
import java.util.HashMap;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A server's description of itself ({@code INFO}). */
final class ServerInfo {
    private static final int OLDEST_MAJOR = 7;
    private static final Pattern MAJOR = Pattern.compile("(\\d{1,4})\\..*");

    private final Map<String, String> fields = new HashMap<>();
    private final boolean mayBePromoted;
    private final boolean isOfCluster;

    ServerInfo(String info) {
        this(info, false, false);
    }

    /**
     * @param mayBePromoted whether a fail-over may make the server a replica, and a primary again
     * @param isOfCluster whether it must be a server of a cluster, or must not
     */
    ServerInfo(String info, boolean mayBePromoted, boolean isOfCluster) {
        this.mayBePromoted = mayBePromoted;
        this.isOfCluster = isOfCluster;
        info.lines().forEach(line -> {
            int colon = line.indexOf(':');
            if (colon > 0) {
                fields.put(line.substring(0, colon), line.substring(colon + 1).strip());
            }
        });
    }

    /**
     * Refuses servers that cannot keep the contract.
     *
     * @param address printable address
     * @throws ConfigException when the server can never be used
     * @throws BrokerUnavailableException when it cannot be used now
     */
    void check(String address) {
        String version = field("redis_version");
        Matcher major = MAJOR.matcher(version);
        if (!major.matches() || Integer.parseInt(major.group(1)) < OLDEST_MAJOR) {
            throw new ConfigException(
                    "broker",
                    address,
                    "is Redis " + Text.printable(version, 20) + ": upgrade it to " + OLDEST_MAJOR + ".0 or newer");
        }
        // Valkey names it server_mode.
        String mode = field("redis_mode").isEmpty() ? field("server_mode") : field("redis_mode");
        if (!isOfCluster && mode.equals("cluster")) {
            throw new ConfigException(
                    "broker", address, "is a server of a Redis Cluster: give its address as redis+cluster://host:port");
        }
        if (!mode.equals(isOfCluster ? "cluster" : "standalone")) {
            throw new ConfigException(
                    "broker",
                    address,
                    "is a Redis in " + Text.printable(mode, 20) + " mode: give the address of a "
                            + (isOfCluster ? "server of a cluster" : "standalone server"));
        }
        if (!run().matches("[0-9A-Za-z]{8,128}")) {
            throw new ConfigException(
                    "broker", address, "hides its run_id in INFO, by which restarts are detected: use a Redis server");
        }
        if (mayBePromoted && !field("master_replid").matches("[0-9A-Za-z]{8,128}")) {
            throw new ConfigException(
                    "broker",
                    address,
                    "hides its master_replid in INFO, by which fail-overs are detected: use a Redis server");
        }
        if (!field("role").equals("master")) {
            throw new BrokerUnavailableException("the Redis server is a replica: give the address of its primary");
        }
        if (field("loading").equals("1")) {
            throw new BrokerUnavailableException("the Redis server is loading its data");
        }
    }

    /**
     * Unique to each life of the data: to the server's process, and, with fail-over, to each time for which it is the primary. Another server
     * may have changed its data in between.
     */
    String run() {
        return field("run_id") + (mayBePromoted ? field("master_replid") : "");
    }

    boolean mayBePromoted() {
        return mayBePromoted;
    }

    boolean isOfCluster() {
        return isOfCluster;
    }

    boolean sameProcess(ServerInfo other) {
        return field("run_id").equals(other.field("run_id"));
    }

    /** Whether the server may evict keys before their expiry, which breaks the guarantees of the log. */
    boolean evicts() {
        return !field("maxmemory_policy").isEmpty()
                && !field("maxmemory_policy").equals("noeviction");
    }

    String field(String name) {
        return fields.getOrDefault(name, "");
    }
}
