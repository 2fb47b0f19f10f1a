package dev.carillon.feed;

import static org.assertj.core.api.Assertions.assertThat;

import dev.carillon.broker.Chain;
import dev.carillon.scope.Tenant;
import java.util.List;
import org.junit.jupiter.api.Test;

class ChainCountsTest {
    private static final Tenant TENANT = Tenant.DEFAULT;
    private static final Chain A = new Chain(TENANT, "a");
    private static final Chain B = new Chain(TENANT, "b");

    private final ChainCounts held = new ChainCounts();

    @Test
    void chain_of_two_interests_is_removed_with_the_second() {
        held.hold(TENANT, List.of(A, A, B));

        assertThat(held.release(TENANT, List.of(A, B))).containsExactly(B);
        assertThat(held.hasAny(TENANT)).isTrue();
        assertThat(held.release(TENANT, List.of(A))).containsExactly(A);
        assertThat(held.hasAny(TENANT)).isFalse();
    }

    @Test
    void chain_without_a_holder_cannot_be_released() {
        assertThat(held.release(TENANT, List.of(A))).isEmpty();
        held.hold(TENANT, List.of(A));
        held.release(TENANT, List.of(A, A));
        assertThat(held.hasAny(TENANT)).isFalse();
    }
}
