package dev.carillon.broker.redis;

import dev.carillon.process.ChildProcess;
import dev.carillon.process.RedisServer;
import dev.carillon.process.ServerProcess;
import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisURI;
import io.lettuce.core.sentinel.api.sync.RedisSentinelCommands;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.awaitility.Awaitility;

/** A primary with one replica, and three sentinels that promote the replica when the primary ends. */
final class SentinelServers implements AutoCloseable {
    private static final String NAME = "main";
    private static final int SENTINELS = 3;

    private final List<RedisServer> servers = new ArrayList<>();
    private final List<ChildProcess> sentinels = new ArrayList<>();
    private final List<Integer> ports = new ArrayList<>();
    private final RedisClient client = RedisClient.create();

    SentinelServers() {
        RedisServer first = new RedisServer();
        servers.add(first);
        servers.add(new RedisServer("--replicaof", "127.0.0.1 " + first.port(), "--repl-diskless-sync-delay", "0"));
        for (int i = 0; i < SENTINELS; i++) {
            ports.add(ServerProcess.freePort());
            sentinels.add(sentinel(ports.getLast(), first.port()));
        }
        Awaitility.await().ignoreExceptions().until(this::ready);
    }

    private static ChildProcess sentinel(int port, int primary) {
        try {
            Path home = Files.createTempDirectory("carillon-sentinel");
            Path config = home.resolve("sentinel.conf");
            Files.writeString(
                    config,
                    String.join(
                            "\n",
                            "bind 127.0.0.1",
                            "port " + port,
                            "dir " + home,
                            "sentinel monitor " + NAME + " 127.0.0.1 " + primary + " 2",
                            "sentinel down-after-milliseconds " + NAME + " 1000",
                            "sentinel failover-timeout " + NAME + " 3000",
                            ""));
            String program = RedisServer.program().orElseThrow().toString();
            return ChildProcess.of(List.of(program, config.toString(), "--sentinel"))
                    .merged()
                    .start();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Whether every sentinel knows the others, and a replica that follows the primary. */
    private boolean ready() {
        for (int port : ports) {
            boolean knows = ask(port, sentinel -> {
                Map<String, String> primary = sentinel.master(NAME);
                List<Map<String, String>> replicas = sentinel.replicas(NAME);
                return "master".equals(primary.get("flags"))
                        && Integer.toString(SENTINELS - 1).equals(primary.get("num-other-sentinels"))
                        && replicas.size() == 1
                        && "slave".equals(replicas.getFirst().get("flags"))
                        && "ok".equals(replicas.getFirst().get("master-link-status"));
            });
            if (!knows) {
                return false;
            }
        }
        return true;
    }

    private <T> T ask(int port, java.util.function.Function<RedisSentinelCommands<String, String>, T> question) {
        try (var connection = client.connectSentinel(RedisURI.create("127.0.0.1", port))) {
            return question.apply(connection.sync());
        }
    }

    String address() {
        return "redis+sentinel://"
                + ports.stream().map(port -> "127.0.0.1:" + port).collect(Collectors.joining(",")) + "/" + NAME;
    }

    int primaryPort() {
        return ((InetSocketAddress) ask(ports.getFirst(), sentinel -> sentinel.getMasterAddrByName(NAME))).getPort();
    }

    RedisServer primary() {
        int port = primaryPort();
        return servers.stream()
                .filter(server -> server.port() == port)
                .findFirst()
                .orElseThrow();
    }

    RedisURI uri(RedisServer server) {
        return RedisURI.create("127.0.0.1", server.port());
    }

    Collection<RedisServer> servers() {
        return servers;
    }

    /** Makes the replica the primary, while both run; returns when all sentinels know a replica that follows it. */
    void failOver() {
        int before = primaryPort();
        // Refused while the last one has just ended.
        Awaitility.await()
                .ignoreExceptions()
                .until(() -> ready()
                        && ask(ports.getFirst(), sentinel -> sentinel.failover(NAME))
                                .equals("OK"));
        Awaitility.await().ignoreExceptions().until(() -> primaryPort() != before && ready());
    }

    @Override
    public void close() {
        sentinels.forEach(ChildProcess::close);
        servers.forEach(RedisServer::close);
        client.shutdown();
    }
}
