package dev.carillon.broker.redis;

import dev.carillon.base.ConfigException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletionStage;

/** What the user may do on the server: a command that is refused later would fail some requests and not others. */
final class Permissions {
    static final String HINT = "docs/platform.md has the ACL rule";

    private Permissions() {}

    /**
     * Completes when the user may do everything; fails with a {@link ConfigException} that names what it may not, or as the server
     * refuses.
     *
     * @param address as it may be shown
     */
    static CompletionStage<Void> check(Session session, Keys keys, String address) {
        List<String> channel = List.of(keys.probeChannel());
        return session.run(Scripts.PERMISSIONS, List.of(keys.probe()), Arguments.of(keys.probeChannel()))
                .thenAccept(denied -> require(denied, address))
                .thenCompose(x -> session.subscribe(channel))
                .thenCompose(x -> session.unsubscribe(channel));
    }

    private static void require(Reply denied, String address) {
        List<String> names = new ArrayList<>();
        for (int i = 0; i < denied.size(); i++) {
            names.add(denied.text(i));
        }
        if (!names.isEmpty()) {
            throw new ConfigException(
                    "broker", address, "the Redis user may not " + String.join(", ", names) + ": " + HINT);
        }
    }
}
