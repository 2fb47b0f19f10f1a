package dev.carillon.bench;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** A redis-server that keeps its data in an append-only file. */
public final class RedisServer extends ServerProcess {
    private final List<String> options;

    /** @param options go after those of {@link #arguments} and override them */
    public RedisServer(String... options) {
        this.options = List.of(options); // before super, which starts the server
        super("redis-server", "REDIS_SERVER", "install the package redis-server, 7.0 or newer, or run ./carillon test");
    }

    @Override
    public String scheme() {
        return "redis";
    }

    @Override
    List<String> arguments(Path data) {
        List<String> arguments = new ArrayList<>(List.of(
                "--bind",
                "127.0.0.1",
                "--port",
                Integer.toString(port()),
                "--save",
                "",
                "--appendonly",
                "yes",
                "--dir",
                data.toString()));
        arguments.addAll(options);
        return arguments;
    }
}
