package dev.carillon.broker.redis;

import dev.carillon.broker.Durability;
import dev.carillon.broker.Durability.Level;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** What the server's settings promise. Replicas follow later than the answer, so none counts. */
final class RedisDurability {
    private static final long TIMEOUT_MILLIS = 1_000;

    private RedisDurability() {}

    /** Blocks for a second at the most. */
    static Durability of(Session session) throws InterruptedException {
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
            // Managed servers forbid CONFIG; INFO tells only whether there is an append-only file.
            boolean file = server.field("aof_enabled").equals("1");
            return new Durability(
                    file ? Level.PERIODIC : Level.PROCESS,
                    0,
                    "Redis does not tell its settings (CONFIG is refused); by INFO it has "
                            + (file ? "an append-only file." : "no append-only file: it may keep nothing.")
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
                    "appendfsync is " + fsync + ": a crash loses what was not yet written, about "
                            + (fsync.equals("everysec") ? "a second." : "half a minute.") + replicas);
        }
        if (!save.isBlank()) {
            return new Durability(
                    Level.PERIODIC,
                    0,
                    "appendonly is no, save is \"" + save + "\": a crash loses all since the last snapshot."
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
