package dev.carillon.broker.redis;

import dev.carillon.base.ConfigException;
import dev.carillon.broker.redis.script.Keys;
import dev.carillon.broker.redis.script.ScriptArguments;
import dev.carillon.broker.redis.script.ScriptReply;
import dev.carillon.broker.redis.script.Scripts;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletionStage;

/** Checks the user's permissions on the server: a command refused later would fail only some requests. */
final class Permissions {
    private Permissions() {}

    /**
     * Completes when the user has all permissions; fails with a {@link ConfigException} that names the missing ones, or with the server's
     * refusal.
     *
     * @param address printable address
     */
    static CompletionStage<Void> check(RedisSession session, Keys keys, String address) {
        List<String> channel = List.of(keys.probeChannel());
        return session.run(Scripts.PERMISSIONS, List.of(keys.probe()), ScriptArguments.of(keys.probeChannel()))
                .thenAccept(denied -> require(denied, address))
                .thenCompose(x -> session.subscribe(channel))
                .thenCompose(x -> session.unsubscribe(channel));
    }

    private static void require(ScriptReply denied, String address) {
        List<String> names = new ArrayList<>();
        for (int i = 0; i < denied.size(); i++) {
            names.add(denied.text(i));
        }
        if (!names.isEmpty()) {
            throw new ConfigException(
                    "broker",
                    address,
                    "the Redis user may not " + String.join(", ", names) + ": " + Failures.PERMISSIONS_HINT);
        }
    }
}
