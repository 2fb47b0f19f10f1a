package dev.carillon.broker.redis;

import io.lettuce.core.RedisClient;
import io.lettuce.core.api.sync.RedisCommands;
import java.time.Duration;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Settings and figures of a server, on a connection of its own. */
public final class RedisSettings implements AutoCloseable {
    private final RedisClient client;
    private final RedisCommands<String, String> commands;

    public RedisSettings(String address) {
        client = RedisClient.create(address);
        commands = client.connect().sync();
    }

    public void set(String name, String value) {
        String _ = commands.configSet(name, value);
    }

    public long usedMemory() {
        return figure("used_memory");
    }

    /** Of the server's clock, since 1970. */
    public Duration time() {
        return Duration.ofSeconds(Long.parseLong(commands.time().getFirst()));
    }

    /** A number of {@code INFO}. */
    public long figure(String name) {
        Matcher matcher = Pattern.compile("(?m)^" + name + ":(\\d+)").matcher(commands.info());
        if (!matcher.find()) {
            throw new IllegalStateException("INFO has no " + name);
        }
        return Long.parseLong(matcher.group(1));
    }

    @Override
    public void close() {
        client.shutdown();
    }
}
