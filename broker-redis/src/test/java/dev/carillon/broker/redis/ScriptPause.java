package dev.carillon.broker.redis;

import io.lettuce.core.RedisClient;
import io.lettuce.core.api.sync.RedisCommands;
import io.lettuce.core.codec.StringCodec;
import io.lettuce.core.output.StatusOutput;
import io.lettuce.core.protocol.CommandArgs;
import io.lettuce.core.protocol.CommandType;

/** Scripts wait at a server, at most for a minute, while all other commands are answered. */
final class ScriptPause {
    private static final String MAX_MILLIS = "60000";

    private ScriptPause() {}

    static void begin(RedisCommands<String, String> server) {
        client(server, "PAUSE", MAX_MILLIS, "WRITE");
    }

    static void end(RedisCommands<String, String> server) {
        client(server, "UNPAUSE");
    }

    /** Closing the result ends the pause. */
    static AutoCloseable at(int port) {
        RedisClient client = RedisClient.create("redis://127.0.0.1:" + port);
        RedisCommands<String, String> server = client.connect().sync();
        begin(server);
        return () -> {
            end(server);
            client.close();
        };
    }

    private static void client(RedisCommands<String, String> server, String... arguments) {
        CommandArgs<String, String> all = new CommandArgs<>(StringCodec.UTF8);
        for (String argument : arguments) {
            all.add(argument);
        }
        server.dispatch(CommandType.CLIENT, new StatusOutput<>(StringCodec.UTF8), all);
    }
}
