package dev.carillon.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import dev.carillon.base.Platform;
import dev.carillon.broker.Broker;
import dev.carillon.broker.BrokerOptions;
import dev.carillon.broker.Brokers;
import dev.carillon.broker.Store;
import dev.carillon.scope.Tenant;
import java.util.concurrent.CompletionStage;
import org.junit.jupiter.api.Test;

class ClusterIdentityTest {
    @Test
    void nodes_share_an_identity_exactly_if_they_share_a_store() {
        try (Broker broker = open("identity-one");
                Broker same = open("identity-one");
                Broker other = open("identity-two")) {
            ClusterIdentity one = identity(broker);
            ClusterIdentity two = identity(same);
            ClusterIdentity three = identity(other);

            assertThat(one.text()).isPresent().isEqualTo(two.text());
            assertThat(three.text()).isPresent().isNotEqualTo(one.text());
        }
    }

    @Test
    void store_without_its_data_gets_a_new_identity() {
        try (Broker broker = open("identity-lost");
                Broker same = open("identity-lost")) {
            ClusterIdentity one = identity(broker);
            ClusterIdentity two = identity(same);
            String before = one.text().orElseThrow();
            get(broker.store().remove(new Store.Key(Tenant.SYSTEM, "cluster", "id"), Store.ANY));
            get(one.refresh());
            get(two.refresh());

            assertThat(one.text()).isPresent().isNotEqualTo(before).isEqualTo(two.text());
        }
    }

    private static ClusterIdentity identity(Broker broker) {
        ClusterIdentity identity =
                ClusterIdentity.start(broker.store(), Platform.system().secureRandom());
        get(identity.refresh());
        return identity;
    }

    private static Broker open(String name) {
        return Brokers.open("memory://" + name, BrokerOptions.of("n"));
    }

    private static <T> void get(CompletionStage<T> stage) {
        T _ = stage.toCompletableFuture().join();
    }
}
