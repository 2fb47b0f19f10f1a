package dev.carillon.feed;

import static org.assertj.core.api.Assertions.assertThat;

import dev.carillon.broker.Chain;
import dev.carillon.scope.Tenant;
import java.util.List;
import org.junit.jupiter.api.Test;

class HeldChainsTest {
    private static final Tenant TENANT = Tenant.DEFAULT;
    private static final Chain A = new Chain(TENANT, "a");
    private static final Chain B = new Chain(TENANT, "b");

    private final HeldChains held = new HeldChains();

    @Test
    void a_chain_of_two_interests_is_gone_with_the_second() {
        held.hold(TENANT, List.of(A, A, B));

        assertThat(held.release(TENANT, List.of(A, B))).containsExactly(B);
        assertThat(held.holdsAny(TENANT)).isTrue();
        assertThat(held.release(TENANT, List.of(A))).containsExactly(A);
        assertThat(held.holdsAny(TENANT)).isFalse();
    }

    @Test
    void what_nobody_held_is_not_there_to_be_released() {
        assertThat(held.release(TENANT, List.of(A))).isEmpty();
        held.hold(TENANT, List.of(A));
        held.release(TENANT, List.of(A, A));
        assertThat(held.holdsAny(TENANT)).isFalse();
    }
}
