package dev.carillon.broker.redis;

import static dev.carillon.broker.RecordingNode.get;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.carillon.broker.BrokerOptions;
import dev.carillon.broker.BrokerUnavailableException;
import dev.carillon.broker.RecordingNode;
import dev.carillon.broker.RedisOptions;
import dev.carillon.process.RedisServer;
import dev.carillon.scope.Event;
import dev.carillon.scope.Position;
import dev.carillon.testkit.Patience;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Broadcasts that wait for replicas. */
@Tag("full")
class RedisReplicasIT extends RedisFixture {
    @Test
    void broadcast_is_not_acknowledged_before_its_replica_has_it() {
        RecordingNode node =
                node(BrokerOptions.of("n").startTimeout(Patience.LIMIT).redis(new RedisOptions("carillon", 1)));
        Event event = Event.to(A).tenant(tenant).id("1").data("x").build();

        assertThatThrownBy(() -> get(node.channel().broadcast(event)))
                .isInstanceOf(BrokerUnavailableException.class)
                .hasMessageContaining("the outcome is not known");
        await().untilAsserted(() -> assertThat(node.broker().health().refusal())
                .hasValueSatisfying(why -> assertThat(why).startsWith("0 of the 1 replicas")));
        // It is in the log, and repeating it adds nothing: only the replica is missing.
        assertThatThrownBy(() -> get(node.channel().broadcast(event))).isInstanceOf(BrokerUnavailableException.class);

        try (RedisServer _ =
                new RedisServer("--replicaof", "127.0.0.1 " + server().port(), "--repl-diskless-sync-delay", "0")) {
            await().ignoreExceptions()
                    .until(() -> get(node.channel().broadcast(event)).duplicate());
            await().until(() -> node.broker().health().refusal().isEmpty());
        }
        assertThat(get(node.broker().log().read(tenant, List.of(A), Position.NONE, 10))
                        .events())
                .hasSize(1);
        assertThat(node.broker().log().durability().replicas()).isEqualTo(1);
    }
}
