package dev.carillon.node;

import static dev.carillon.broker.SplitBroker.HERE;
import static dev.carillon.broker.SplitBroker.THERE;
import static org.assertj.core.api.Assertions.assertThat;

import dev.carillon.broker.BrokerOptions;
import dev.carillon.broker.SplitBroker;
import dev.carillon.broker.memory.MemoryOutage;
import dev.carillon.scope.Tenant;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A broker of two servers; the one that has the tenant "there" has the system tenant, too. */
class BrokerNoticeTest {
    private final SplitBroker broker = new SplitBroker("broker-notice", BrokerOptions.of("n"));
    private final List<String> notices = new ArrayList<>();

    @BeforeEach
    void listen() {
        broker.health().listen(event -> {
            // The tenants are tested at once, as the state changes.
            BrokerNotice.of(event, broker.health())
                    .ifPresent(notice -> notices.add(notice.data()
                            + (notice.tenants().test(HERE) ? " here" : "")
                            + (notice.tenants().test(THERE) ? " there" : "")));
        });
    }

    @AfterEach
    void close() {
        broker.close();
    }

    @Test
    void clients_of_other_tenants_receive_no_notice() {
        MemoryOutage.begin(broker.of(HERE));
        MemoryOutage.end(broker.of(HERE));

        assertThat(notices).containsExactly("{\"broker\":\"unavailable\"} here", "{\"broker\":\"connected\"} here");
    }

    @Test
    void clients_of_all_tenants_receive_the_loss_of_the_system_tenant() {
        MemoryOutage.begin(broker.of(Tenant.SYSTEM));
        MemoryOutage.end(broker.of(Tenant.SYSTEM));

        assertThat(notices)
                .containsExactly("{\"broker\":\"unavailable\"} here there", "{\"broker\":\"connected\"} here there");
    }

    @Test
    void tenant_is_reported_as_connected_when_the_system_tenant_is_too() {
        MemoryOutage.begin(broker.of(HERE));
        MemoryOutage.begin(broker.of(Tenant.SYSTEM));
        notices.clear();

        MemoryOutage.end(broker.of(Tenant.SYSTEM));
        assertThat(notices).containsExactly("{\"broker\":\"connected\"} there");
        MemoryOutage.begin(broker.of(Tenant.SYSTEM));
        notices.clear();
        MemoryOutage.end(broker.of(HERE));
        assertThat(notices).isEmpty();
        MemoryOutage.end(broker.of(Tenant.SYSTEM));

        assertThat(notices).containsExactly("{\"broker\":\"connected\"} here there");
    }
}
