package dev.carillon.process;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Collectors;

/** A Redis Cluster: some primaries, which share the slots evenly, perhaps with a replica each. */
public final class RedisClusterServers implements AutoCloseable {
    private static final int SLOTS = 16_384;
    private static final int NODE_TIMEOUT_MILLIS = 1_500;

    private static final Duration LIMIT = Duration.ofMinutes(2);

    private final RedisServer.Program program;
    private final List<String> tls;
    private final List<RedisServer> primaries = new ArrayList<>();
    private final List<RedisServer> replicas = new ArrayList<>();
    /** By server; empty without TLS. */
    private final Map<RedisServer, Integer> tlsPorts = new HashMap<>();

    /** @param withReplicas whether each primary has a replica */
    public RedisClusterServers(int count, boolean withReplicas) {
        this(RedisServer.Program.REDIS, count, withReplicas);
    }

    public RedisClusterServers(RedisServer.Program program, int count, boolean withReplicas) {
        this(program, List.of(), count, withReplicas);
    }

    /**
     * Servers that use TLS among each other and for nodes. They have a port without TLS, too, for the commands of tests.
     *
     * @param authority PEM file of the authority that signed the certificate
     */
    public static RedisClusterServers secure(
            int count, boolean withReplicas, Path certificate, Path key, Path authority) {
        List<String> options = new ArrayList<>(RedisServer.tls(certificate, key, authority));
        options.addAll(List.of("--tls-cluster", "yes", "--tls-replication", "yes"));
        return new RedisClusterServers(RedisServer.Program.REDIS, options, count, withReplicas);
    }

    /** @param tls options for TLS; empty: none */
    private RedisClusterServers(RedisServer.Program program, List<String> tls, int count, boolean withReplicas) {
        this.program = program;
        this.tls = tls;
        try {
            for (int i = 0; i < count; i++) {
                primaries.add(server());
                if (withReplicas) {
                    replicas.add(server());
                }
            }
            assign();
            awaitAgreement();
            for (int i = 0; i < replicas.size(); i++) {
                RedisServer replica = replicas.get(i);
                String of = ask(primaries.get(i), "CLUSTER", "MYID");
                await("the replica to know its primary", () -> {
                    String _ = ask(replica, "CLUSTER", "REPLICATE", of);
                    return true;
                });
            }
            awaitReady();
        } catch (IOException e) {
            close();
            throw new UncheckedIOException(e);
        } catch (RuntimeException e) {
            close();
            throw e;
        }
    }

    private RedisServer server() {
        List<String> options = new ArrayList<>(List.of(
                "--cluster-enabled",
                "yes",
                "--cluster-node-timeout",
                Integer.toString(NODE_TIMEOUT_MILLIS),
                "--repl-diskless-sync-delay",
                "0"));
        options.addAll(tls);
        int tlsPort = ServerProcess.freePort();
        if (!tls.isEmpty()) {
            options.addAll(List.of("--tls-port", Integer.toString(tlsPort)));
        }
        RedisServer server = new RedisServer(program, options.toArray(String[]::new));
        if (!tls.isEmpty()) {
            tlsPorts.put(server, tlsPort);
        }
        return server;
    }

    /** The port of its nodes, and of the other servers. */
    private int portOf(RedisServer server) {
        return tlsPorts.getOrDefault(server, server.port());
    }

    private void assign() throws IOException {
        RedisServer first = primaries.getFirst();
        for (int i = 0; i < primaries.size(); i++) {
            int from = SLOTS * i / primaries.size();
            int to = SLOTS * (i + 1) / primaries.size() - 1;
            String _ = ask(primaries.get(i), "CLUSTER", "ADDSLOTSRANGE", Integer.toString(from), Integer.toString(to));
            String _ = ask(primaries.get(i), "CLUSTER", "SET-CONFIG-EPOCH", Integer.toString(i + 1));
        }
        for (RedisServer server : servers()) {
            if (server != first) {
                String _ = ask(server, "CLUSTER", "MEET", "127.0.0.1", Integer.toString(portOf(first)));
            }
        }
    }

    private List<RedisServer> servers() {
        List<RedisServer> all = new ArrayList<>(primaries);
        all.addAll(replicas);
        return all;
    }

    private void awaitAgreement() {
        await("all servers to know each other", () -> {
            for (RedisServer server : servers()) {
                String info = ask(server, "CLUSTER", "INFO");
                if (!info.contains("cluster_state:ok")
                        || !info.contains("cluster_known_nodes:" + servers().size())) {
                    return false;
                }
            }
            return true;
        });
    }

    /** Returns when all servers agree, and every replica follows a primary. */
    public void awaitReady() {
        awaitAgreement();
        await("the replicas to follow", () -> {
            int following = 0;
            for (RedisServer server : servers()) {
                String info = ask(server, "INFO", "replication");
                following += info.contains("role:slave") && info.contains("master_link_status:up") ? 1 : 0;
            }
            return following == replicas.size();
        });
    }

    public String address() {
        return (tls.isEmpty() ? "redis" : "rediss") + "+cluster://"
                + primaries.stream()
                        .map(server -> "127.0.0.1:" + portOf(server))
                        .collect(Collectors.joining(","));
    }

    /** The primary that has a slot, by the first server that answers. */
    public RedisServer primaryOf(int slot) {
        for (RedisServer server : servers()) {
            try {
                for (Object range : (List<?>) RedisProtocol.ask(server.port(), "CLUSTER", "SLOTS")) {
                    List<?> parts = (List<?>) range;
                    if (Integer.parseInt(parts.get(0).toString()) <= slot
                            && slot <= Integer.parseInt(parts.get(1).toString())) {
                        int port =
                                Integer.parseInt(((List<?>) parts.get(2)).get(1).toString());
                        return servers().stream()
                                .filter(one -> one.port() == port)
                                .findFirst()
                                .orElseThrow();
                    }
                }
            } catch (IOException e) {
                // The next one.
            }
        }
        throw new IllegalStateException("no server has slot " + slot);
    }

    /** Changes a setting of all servers that answer. */
    public void configure(String name, String value) {
        for (RedisServer server : servers()) {
            try {
                String _ = ask(server, "CONFIG", "SET", name, value);
            } catch (IOException e) {
                // A test has stopped it.
            }
        }
    }

    /** Returns when another server than this one has the slot. */
    public void awaitPromotion(int slot, RedisServer former) {
        await("a replica to be promoted", () -> primaryOf(slot) != former);
    }

    /** Kills the primary of a slot with SIGKILL, and returns it. */
    public RedisServer kill(int slot) {
        RedisServer primary = primaryOf(slot);
        primary.kill();
        return primary;
    }

    /** Kills the primary of a slot with SIGKILL; returns it when its replica has been promoted. */
    public RedisServer killPrimary(int slot) {
        RedisServer primary = kill(slot);
        awaitPromotion(slot, primary);
        return primary;
    }

    /** Moves a slot with its keys to another primary, as a resharding does. */
    public void migrate(int slot) {
        RedisServer from = primaryOf(slot);
        RedisServer to = primaries.stream()
                .filter(server -> server != from && isPrimary(server))
                .findFirst()
                .orElseThrow();
        String number = Integer.toString(slot);
        try {
            String fromId = ask(from, "CLUSTER", "MYID");
            String toId = ask(to, "CLUSTER", "MYID");
            String _ = ask(to, "CLUSTER", "SETSLOT", number, "IMPORTING", fromId);
            String _ = ask(from, "CLUSTER", "SETSLOT", number, "MIGRATING", toId);
            while (true) {
                List<?> keys = (List<?>) RedisProtocol.ask(from.port(), "CLUSTER", "GETKEYSINSLOT", number, "10");
                if (keys.isEmpty()) {
                    break;
                }
                for (Object key : keys) {
                    String _ = ask(
                            from, "MIGRATE", "127.0.0.1", Integer.toString(portOf(to)), key.toString(), "0", "5000");
                }
            }
            String _ = ask(to, "CLUSTER", "SETSLOT", number, "NODE", toId);
            String _ = ask(from, "CLUSTER", "SETSLOT", number, "NODE", toId);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static boolean isPrimary(RedisServer server) {
        try {
            return ask(server, "INFO", "replication").contains("role:master");
        } catch (IOException e) {
            return false;
        }
    }

    private static String ask(RedisServer server, String... command) throws IOException {
        return RedisProtocol.ask(server.port(), command).toString();
    }

    private interface Condition {
        boolean holds() throws IOException;
    }

    private static void await(String what, Condition condition) {
        long end = System.nanoTime() + LIMIT.toNanos();
        while (true) {
            String failure = "";
            try {
                if (condition.holds()) {
                    return;
                }
            } catch (IOException | IllegalStateException e) {
                failure = ": " + e.getMessage();
            }
            if (System.nanoTime() > end) {
                throw new IllegalStateException("waited " + LIMIT.toSeconds() + " s for " + what + failure);
            }
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(20));
        }
    }

    @Override
    public void close() {
        servers().forEach(RedisServer::close);
    }
}
