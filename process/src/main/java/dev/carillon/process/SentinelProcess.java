package dev.carillon.process;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** A sentinel of {@link SentinelServers}. */
final class SentinelProcess implements AutoCloseable {
    static final String NAME = "main";
    static final String USER = "sentinel";

    private final int port = ServerProcess.freePort();
    private final Path home;
    private final ChildProcess process;

    /**
     * @param primary port of the first primary
     * @param quorum number of sentinels that must take the primary for down
     */
    SentinelProcess(Path program, int primary, String password, Duration downAfter, int quorum) {
        try {
            home = Files.createTempDirectory("carillon-sentinel");
            Path config = home.resolve("sentinel.conf");
            Files.writeString(
                    config,
                    String.join(
                            "\n",
                            "bind 127.0.0.1",
                            "port " + port,
                            "dir " + home,
                            "sentinel monitor " + NAME + " 127.0.0.1 " + primary + " " + quorum,
                            "sentinel auth-user " + NAME + " " + USER,
                            "sentinel auth-pass " + NAME + " " + password,
                            "sentinel down-after-milliseconds " + NAME + " " + downAfter.toMillis(),
                            "sentinel failover-timeout " + NAME + " 3000",
                            ""));
            process = ChildProcess.of(List.of(program.toString(), config.toString(), "--sentinel"))
                    .merged()
                    .start();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    int port() {
        return port;
    }

    /** Port of the primary. */
    int primary() throws IOException {
        List<?> address = (List<?>) RedisProtocol.ask(port, "SENTINEL", "GET-MASTER-ADDR-BY-NAME", NAME);
        return Integer.parseInt(address.get(1).toString());
    }

    /** Makes a replica the primary; an error while the last fail-over has just ended. */
    void failOver() throws IOException {
        Object _ = RedisProtocol.ask(port, "SENTINEL", "FAILOVER", NAME);
    }

    /** Whether it knows so many other sentinels, and so many replicas that follow the primary. */
    boolean knows(int others, int replicas) throws IOException {
        Map<String, String> primary = fields(RedisProtocol.ask(port, "SENTINEL", "MASTER", NAME));
        List<?> known = (List<?>) RedisProtocol.ask(port, "SENTINEL", "REPLICAS", NAME);
        return "master".equals(primary.get("flags"))
                && Integer.toString(others).equals(primary.get("num-other-sentinels"))
                && known.size() == replicas
                && known.stream().allMatch(replica -> follows(fields(replica)));
    }

    private static boolean follows(Map<String, String> replica) {
        return "slave".equals(replica.get("flags")) && "ok".equals(replica.get("master-link-status"));
    }

    private static Map<String, String> fields(Object reply) {
        List<?> parts = (List<?>) reply;
        Map<String, String> fields = new LinkedHashMap<>();
        for (int i = 0; i + 1 < parts.size(); i += 2) {
            fields.put(parts.get(i).toString(), parts.get(i + 1).toString());
        }
        return fields;
    }

    @Override
    public void close() {
        process.close();
        ServerProcess.delete(home);
    }
}
