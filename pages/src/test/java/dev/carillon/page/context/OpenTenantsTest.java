package dev.carillon.page.context;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.carillon.scope.Tenant;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;

class OpenTenantsTest {
    private static final Tenant SLOW = Tenant.ofToken("slow");
    private static final Tenant QUICK = Tenant.ofToken("quick");

    private final CountDownLatch gate = new CountDownLatch(1);
    private final List<String> log = new CopyOnWriteArrayList<>();
    private final OpenTenants<String> tenants = new OpenTenants<>(this::open, open -> log.add("close " + open));

    private String open(Tenant tenant) {
        log.add("open " + tenant.name());
        if (tenant.equals(SLOW)) {
            try {
                gate.await();
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
        }
        if (tenant.name().equals("broken")) {
            throw new IllegalStateException("the store is down");
        }
        return tenant.name();
    }

    @Test
    void tenant_opens_while_another_one_waits_for_the_store() {
        CompletableFuture<String> first = CompletableFuture.supplyAsync(() -> tenants.acquire(SLOW));
        await().until(() -> log.contains("open slow"));
        CompletableFuture<String> second = CompletableFuture.supplyAsync(() -> tenants.acquire(SLOW));

        assertThat(tenants.acquire(QUICK)).isEqualTo("quick");
        assertThat(first).isNotDone();

        gate.countDown();
        assertThat(first.join()).isEqualTo("slow");
        assertThat(second.join()).isEqualTo("slow");
        assertThat(log).containsExactly("open slow", "open quick");
    }

    @Test
    void tenant_without_contexts_is_closed_at_the_second_sweep_and_opened_again_by_the_next_context() {
        String _ = tenants.acquire(QUICK);
        String _ = tenants.acquire(QUICK);
        tenants.release(QUICK);
        tenants.closeUnused();
        tenants.closeUnused();
        assertThat(tenants.count()).isEqualTo(1);

        tenants.release(QUICK);
        tenants.closeUnused();
        String _ = tenants.acquire(QUICK);
        tenants.release(QUICK);
        tenants.closeUnused();
        assertThat(log).containsExactly("open quick");

        tenants.closeUnused();
        assertThat(log).containsExactly("open quick", "close quick");
        assertThat(tenants.count()).isZero();
        assertThat(tenants.acquire(QUICK)).isEqualTo("quick");
        assertThat(log).hasSize(3);
    }

    @Test
    void failure_to_open_a_tenant_leaves_nothing_behind_and_is_not_remembered() {
        Tenant broken = Tenant.ofToken("broken");
        assertThatThrownBy(() -> tenants.acquire(broken)).hasMessage("the store is down");
        assertThat(tenants.count()).isZero();
        assertThatThrownBy(() -> tenants.acquire(broken)).hasMessage("the store is down");
        assertThat(log).hasSize(2);
    }
}
