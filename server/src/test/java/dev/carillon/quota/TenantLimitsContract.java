package dev.carillon.quota;

import static org.assertj.core.api.Assertions.assertThat;

import dev.carillon.base.CarillonException;
import dev.carillon.broker.Broker;
import dev.carillon.broker.Brokers;
import dev.carillon.broker.PatientOptions;
import dev.carillon.scope.Tenant;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** Three nodes share the limits of a tenant through the store of a broker; their clock is simulated. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
public abstract class TenantLimitsContract {
    private static final Tenant ACME = new Tenant("acme");
    private static final int STEPS = 20;

    private final List<TenantLimits> nodes = new ArrayList<>();
    private Broker broker;
    private long now;

    /** Address of the broker. */
    protected abstract String broker();

    @BeforeEach
    void start() {
        nodes.clear();
        broker = Brokers.open(broker(), PatientOptions.of("limits"));
        TenantLimitTable table = TenantLimitTable.of(new TenantLimit(0, 0, 0), List.of("acme=300/300/0"));
        String run = Long.toString(System.nanoTime());
        for (int i = 0; i < 3; i++) {
            nodes.add(new TenantLimits(table, broker.store(), run + i, new SimpleMeterRegistry(), () -> now));
        }
    }

    @AfterEach
    void stop() {
        broker.close();
    }

    private static boolean accepted(Runnable use) {
        try {
            use.run();
            return true;
        } catch (CarillonException e) {
            return false;
        }
    }

    /** Broadcasts for some seconds at each node that lives; returns how many were accepted. */
    private int broadcast(int seconds, int... perSecond) {
        int accepted = 0;
        for (int i = 0; i < seconds * STEPS; i++) {
            now += TimeUnit.SECONDS.toNanos(1) / STEPS;
            for (int node = 0; node < perSecond.length; node++) {
                TenantLimits limits = nodes.get(node);
                for (int n = 0; n < perSecond[node] / STEPS; n++) {
                    accepted += accepted(() -> limits.broadcast(ACME, 10)) ? 1 : 0;
                }
                if (i % STEPS == node && perSecond[node] >= 0) {
                    limits.tick().toCompletableFuture().join();
                }
            }
        }
        return accepted;
    }

    @Test
    void nodes_with_uneven_load_together_keep_within_a_tenth_of_the_rate() {
        broadcast(10, 100, 100, 100);

        assertThat(broadcast(30, 900, 100, 20) / (300.0 * 30)).isBetween(0.9, 1.1);
        assertThat(broadcast(30, 20, 100, 900) / (300.0 * 30)).isBetween(0.9, 1.1);
        // Less than the limit is not refused, once the shares have followed the load.
        broadcast(10, 200, 20, 20);
        assertThat(broadcast(30, 200, 20, 20) / (240.0 * 30)).isGreaterThan(0.95);
    }

    @Test
    void the_share_of_a_node_that_ended_goes_to_the_others() {
        broadcast(10, 600, 20, 20);
        assertThat(broadcast(10, -1, 600, 20) / (300.0 * 10)).isLessThan(1.1);

        assertThat(broadcast(20, -1, 600, 20) / (300.0 * 20)).isBetween(0.9, 1.1);
    }

    @Test
    void a_node_without_the_broker_uses_an_equal_part() {
        broadcast(10, 600, 20, 20);
        broker.close();

        broadcast(10, 600, 20, 20);

        assertThat(broadcast(20, 600) / (100.0 * 20)).isBetween(0.9, 1.1);
    }

    @Test
    void connections_of_all_nodes_together_keep_within_a_tenth_of_the_limit() {
        int open = 0;
        for (int second = 0; second < 40; second++) {
            now += TimeUnit.SECONDS.toNanos(1);
            for (int node = 0; node < 3; node++) {
                TenantLimits limits = nodes.get(node);
                for (int i = 0; i < (node == 0 ? 60 : 2); i++) {
                    open += accepted(() -> limits.open(ACME)) ? 1 : 0;
                }
                limits.tick().toCompletableFuture().join();
            }
            assertThat(open / 300.0).isLessThanOrEqualTo(1.1);
        }
        assertThat(open / 300.0).isGreaterThan(0.9);
    }
}
