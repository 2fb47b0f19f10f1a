package dev.carillon.broker.redis;

import dev.carillon.broker.Durability;
import dev.carillon.broker.Durability.Level;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** The durability that the server's settings give. Replicas receive writes after the answer, so only those count that broadcasts wait for. */
final class RedisDurability {
    private static final long TIMEOUT_MILLIS = 1_000;

    private RedisDurability() {}

    /**
     * Reads the settings; blocks for at most one second.
     *
     * @param replicas number of replicas that broadcasts wait for
     */
    static Durability of(RedisSession session, int replicas) throws InterruptedException {
        Durability alone = of(session);
        String evicts = session.server().evicts()
                ? " maxmemory-policy is " + session.server().field("maxmemory_policy")
                        + ": Redis may remove parts of a log when its memory is full; set it to noeviction."
                : "";
        return new Durability(
                alone.level(),
                replicas,
                alone.description()
                        + evicts
                        + (replicas == 0
                                ? ""
                                : " Each broadcast waits for " + replicas + (replicas == 1 ? " replica" : " replicas")
                                        + " (redis-replicas)."));
    }

    private static Durability of(RedisSession session) throws InterruptedException {
        ServerInfo server = session.server();
        try {
            Map<String, String> settings = session.commands()
                    .configGet("appendonly", "appendfsync", "save")
                    .toCompletableFuture()
                    .get(TIMEOUT_MILLIS, TimeUnit.MILLISECONDS);
            return of(
                    settings.getOrDefault("appendonly", "no").equals("yes"),
                    settings.getOrDefault("appendfsync", ""),
                    settings.getOrDefault("save", ""),
                    replicas(server));
        } catch (ExecutionException | TimeoutException e) {
            // Managed servers refuse CONFIG; INFO only shows whether there is an append-only file.
            boolean file = server.field("aof_enabled").equals("1");
            return new Durability(
                    file ? Level.PERIODIC : Level.PROCESS,
                    0,
                    "Redis refuses CONFIG; by INFO it has "
                            + (file
                                    ? "an append-only file."
                                    : "no append-only file: all data may be lost with its process.")
                            + replicas(server));
        }
    }

    static Durability of(boolean appendOnly, String fsync, String save, String replicas) {
        if (appendOnly && fsync.equals("always")) {
            return new Durability(
                    Level.EACH_WRITE, 0, "appendfsync is always: each write is on disk before its answer." + replicas);
        }
        if (appendOnly) {
            return new Durability(
                    Level.PERIODIC,
                    0,
                    "appendfsync is " + fsync + ": a crash loses the writes of about the last "
                            + (fsync.equals("everysec") ? "second." : "half minute.") + replicas);
        }
        if (!save.isBlank()) {
            return new Durability(
                    Level.PERIODIC,
                    0,
                    "appendonly is no, save is \"" + save + "\": a crash loses all writes since the last snapshot."
                            + replicas);
        }
        return new Durability(
                Level.PROCESS, 0, "appendonly is no and save is empty: nothing survives the server's end." + replicas);
    }

    private static String replicas(ServerInfo server) {
        String count = server.field("connected_slaves");
        return count.isEmpty() || count.equals("0") ? "" : " Replicas that follow: " + count + ".";
    }
}
