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
    void nodes_of_one_store_have_the_same_and_those_of_another_have_another() {
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
    void store_that_lost_its_data_gets_another_one() {
        try (Broker broker = open("identity-lost");
                Broker same = open("identity-lost")) {
            ClusterIdentity one = identity(broker);
            ClusterIdentity two = identity(same);
            String before = one.text().orElseThrow();
            get(broker.store().remove(new Store.Key(Tenant.SYSTEM, "cluster", "id"), Store.ANY));
            get(one.look());
            get(two.look());

            assertThat(one.text()).isPresent().isNotEqualTo(before).isEqualTo(two.text());
        }
    }

    private static ClusterIdentity identity(Broker broker) {
        ClusterIdentity identity =
                ClusterIdentity.enter(broker.store(), Platform.system().secureRandom());
        get(identity.look());
        return identity;
    }

    private static Broker open(String name) {
        return Brokers.open("memory://" + name, BrokerOptions.of("n"));
    }

    private static <T> void get(CompletionStage<T> stage) {
        T _ = stage.toCompletableFuture().join();
    }
}
