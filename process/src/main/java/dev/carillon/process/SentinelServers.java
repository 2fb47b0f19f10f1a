package dev.carillon.process;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * A primary Redis server with replicas, and three sentinels that promote a replica when the primary has not answered for a second. Sentinels and
 * replicas have users of their own, so that a primary can be cut off from them but not from its other clients.
 */
public final class SentinelServers implements TestServer {
    /** Time without an answer after which a sentinel takes the primary for down. */
    public static final Duration DOWN_AFTER = Duration.ofSeconds(1);

    private static final int SENTINELS = 3;
    private static final int QUORUM = 2;
    private static final Duration LIMIT = Duration.ofMinutes(2);
    private static final String NODE = "node";
    private static final String REPLICA = "replica";
    /** Users that are locked out of a primary that is cut off; without the default one a failed login has no rights. */
    private static final List<String> LOCKED_OUT = List.of("default", SentinelProcess.USER, REPLICA);

    private static final String PASSWORD = "only-for-tests";

    private final List<RedisServer> servers = new ArrayList<>();
    private final List<SentinelProcess> sentinels = new ArrayList<>();
    private final Thread atExit = new Thread(this::end, "end-sentinels");

    /** @param replicas number of servers besides the primary */
    public SentinelServers(int replicas) {
        this(replicas, RedisServer.Program.REDIS, RedisServer.Program.REDIS);
    }

    /**
     * @param primary program of the first primary
     * @param others program of the other servers, and of the sentinels
     */
    public SentinelServers(int replicas, RedisServer.Program primary, RedisServer.Program others) {
        Runtime.getRuntime().addShutdownHook(atExit);
        try {
            servers.add(new RedisServer(primary, options()));
            for (int i = 0; i < replicas; i++) {
                servers.add(new RedisServer(
                        others,
                        options("--replicaof", "127.0.0.1 " + servers.getFirst().port())));
            }
            for (int i = 0; i < SENTINELS; i++) {
                sentinels.add(new SentinelProcess(
                        others.required(), servers.getFirst().port(), PASSWORD, DOWN_AFTER, QUORUM));
            }
            awaitReady();
        } catch (RuntimeException e) {
            close();
            throw e;
        }
    }

    private static String[] options(String... more) {
        Stream<String> users = Stream.of(NODE, SentinelProcess.USER, REPLICA)
                .flatMap(user -> Stream.of("--user", user, "on", ">" + PASSWORD, "~*", "&*", "+@all"));
        Stream<String> replication =
                Stream.of("--masteruser", REPLICA, "--masterauth", PASSWORD, "--repl-diskless-sync-delay", "0");
        return Stream.of(users, replication, Stream.of(more))
                .flatMap(options -> options)
                .toArray(String[]::new);
    }

    /** Returns when every sentinel knows the others, and replicas that follow the primary. */
    public void awaitReady() {
        await("every sentinel to know the replicas", () -> {
            for (SentinelProcess sentinel : sentinels) {
                if (!sentinel.knows(SENTINELS - 1, servers.size() - 1) || sentinel.primary() != primaryPort()) {
                    return false;
                }
            }
            return true;
        });
    }

    @Override
    public String scheme() {
        return "redis+sentinel";
    }

    @Override
    public String address() {
        return scheme() + "://" + NODE + ":" + PASSWORD + "@"
                + sentinels.stream()
                        .map(sentinel -> "127.0.0.1:" + sentinel.port())
                        .collect(Collectors.joining(","))
                + "/" + SentinelProcess.NAME;
    }

    /** The relay is not used: nodes connect to the primary at the address that the sentinels give. */
    @Override
    public String address(Relay relay) {
        return address();
    }

    /** Port of the primary by the first sentinel. */
    @Override
    public int port() {
        return primaryPort();
    }

    public int primaryPort() {
        try {
            return sentinels.getFirst().primary();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    public RedisServer primary() {
        int port = primaryPort();
        return servers.stream()
                .filter(server -> server.port() == port)
                .findFirst()
                .orElseThrow();
    }

    /** Makes a replica the primary, while both run; returns when all sentinels know replicas that follow it. */
    public void failOver() {
        int before = primaryPort();
        // Refused while the last one has just ended.
        await("the fail-over to begin", () -> {
            awaitReady();
            sentinels.getFirst().failOver();
            return true;
        });
        awaitPromotion(before);
        awaitReady();
    }

    /** Kills the primary with SIGKILL; returns it when the sentinels have named another one. */
    public RedisServer killPrimary() {
        RedisServer primary = primary();
        primary.kill();
        awaitPromotion(primary.port());
        return primary;
    }

    /**
     * Cuts the primary off from sentinels and replicas, while it serves its other clients and accepts their writes; returns it when the sentinels
     * have named another one.
     */
    public RedisServer cutPrimary() {
        RedisServer primary = primary();
        users(primary, "off");
        awaitPromotion(primary.port());
        return primary;
    }

    /** Ends what {@link #cutPrimary} did: the server becomes a replica. */
    public void heal(RedisServer primary) {
        users(primary, "on");
        awaitReady();
    }

    private static void users(RedisServer server, String state) {
        try {
            for (String user : LOCKED_OUT) {
                Object _ = RedisProtocol.askAs(server.port(), NODE, PASSWORD, "ACL", "SETUSER", user, state);
                if (state.equals("off")) {
                    Object _ = RedisProtocol.askAs(server.port(), NODE, PASSWORD, "CLIENT", "KILL", "USER", user);
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void awaitPromotion(int before) {
        await("a replica to be promoted", () -> {
            for (SentinelProcess sentinel : sentinels) {
                if (sentinel.primary() == before) {
                    return false;
                }
            }
            return true;
        });
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
            } catch (IOException e) {
                failure = ": " + e.getMessage();
            }
            if (System.nanoTime() > end) {
                throw new IllegalStateException("waited " + LIMIT.toSeconds() + " s for " + what + failure);
            }
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(20));
        }
    }

    /** Not possible: each server would need a copy of its own. */
    @Override
    public void saveCopy() {
        throw new UnsupportedOperationException("a copy of several servers");
    }

    /** Restarts all servers, with their data. */
    @Override
    public void restart(Data data) {
        if (data != Data.KEPT) {
            throw new UnsupportedOperationException("servers with other data");
        }
        stop();
        start();
    }

    @Override
    public void stop() {
        servers.forEach(RedisServer::stop);
    }

    @Override
    public void start() {
        servers.forEach(RedisServer::start);
    }

    @Override
    public void pause() {
        servers.forEach(RedisServer::pause);
    }

    @Override
    public void resume() {
        servers.forEach(RedisServer::resume);
    }

    @Override
    public void close() {
        try {
            boolean _ = Runtime.getRuntime().removeShutdownHook(atExit);
        } catch (IllegalStateException e) {
            // The process is exiting: the hook does the same.
        }
        end();
    }

    private void end() {
        sentinels.forEach(SentinelProcess::close);
        servers.forEach(RedisServer::close);
    }
}
