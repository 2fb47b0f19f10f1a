package dev.carillon.broker.redis;

import static dev.carillon.broker.RecordingNode.get;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.carillon.base.Text;
import dev.carillon.broker.IdLookup;
import dev.carillon.broker.Interest;
import dev.carillon.broker.PatientOptions;
import dev.carillon.broker.RecordingNode;
import dev.carillon.broker.RedisOptions;
import dev.carillon.broker.Store;
import dev.carillon.cluster.ClusterIdentity;
import dev.carillon.scope.Event;
import dev.carillon.scope.Position;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Test;

/** Two clusters on one server, with the same tenant. */
class RedisPrefixIT extends RedisFixture {
    @Test
    void clusters_with_different_prefixes_share_a_server_unseen() {
        Store.Key key = new Store.Key(tenant, "kind", "name");
        RecordingNode one = node(PatientOptions.of("n").redis(new RedisOptions("one", 0)));
        RecordingNode two = node(PatientOptions.of("n").redis(new RedisOptions("one-2", 0)));
        one.join(tenant, A);
        get(one.channel().join(List.of(Interest.all(tenant))));
        two.join(tenant, A);
        get(two.channel().join(List.of(Interest.all(tenant))));
        List<String> changes = new CopyOnWriteArrayList<>();
        AutoCloseable _ = get(two.broker()
                .store()
                .watch(tenant, "kind", change -> changes.add(change.key().name())));
        Event.Draft draft = Event.to(A).tenant(tenant).id("1").retain(true);
        ClusterIdentity first = ClusterIdentity.start(one.broker().store(), new SecureRandom());
        ClusterIdentity second = ClusterIdentity.start(two.broker().store(), new SecureRandom());

        get(one.channel().broadcast(draft.data("one").build()));
        get(one.broker().store().put(key, Text.utf8("one"), Store.ABSENT, Duration.ZERO));

        assertThat(get(two.broker().log().read(tenant, List.of(A), Position.NONE, 10))
                        .events())
                .isEmpty();
        assertThat(get(two.channel().snapshot(tenant, List.of(A))).retained()).isEmpty();
        assertThat(get(two.broker().log().find(IdLookup.of(tenant, "1", Set.of(A)))))
                .isEmpty();
        assertThat(get(two.broker().log().heads(List.of(Interest.in(tenant, A)))))
                .isEmpty();
        assertThat(get(two.broker().store().get(key))).isEmpty();
        assertThat(get(two.broker().store().list(tenant, "kind"))).isEmpty();
        assertThat(get(two.channel().broadcast(draft.data("two").build())).duplicate())
                .isFalse();
        get(two.broker().store().put(key, Text.utf8("two"), Store.ABSENT, Duration.ZERO));
        await().until(() -> one.data().size() == 1 && two.data().size() == 1 && changes.size() == 1);
        assertThat(one.data()).containsExactly("one");
        assertThat(two.data()).containsExactly("two");
        await().until(() -> first.text().isPresent() && second.text().isPresent());
        assertThat(first.text()).isNotEqualTo(second.text());
        assertThat(raw().keys("*")).isNotEmpty().allMatch(RedisPrefixIT::isPrefixed);
        assertThat(raw().pubsubChannels()).isNotEmpty().allMatch(RedisPrefixIT::isPrefixed);
    }

    private static boolean isPrefixed(String name) {
        return name.matches("one(-2)?:\\{.*");
    }
}
