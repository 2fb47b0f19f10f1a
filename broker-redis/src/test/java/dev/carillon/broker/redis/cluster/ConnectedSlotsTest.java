package dev.carillon.broker.redis.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import dev.carillon.scope.Tenant;
import java.util.BitSet;
import java.util.Set;
import org.junit.jupiter.api.Test;

class ConnectedSlotsTest {
    private static final Tenant ONE = new Tenant("one");
    private static final Tenant TWO = new Tenant("two");
    private static final ConnectedSlots ALL = new ConnectedSlots(all(), Set.of());

    @Test
    void tenants_of_lost_slots_are_unavailable_until_the_slots_are_connected() {
        ConnectedSlots outage = ALL.without(slotOf(ONE));

        assertThat(ALL.isComplete()).isTrue();
        assertThat(outage.isComplete()).isFalse();
        assertThat(outage.contains(ONE)).isFalse();
        assertThat(outage.contains(TWO)).isTrue();
        assertThat(ALL.exceeds(outage)).isTrue();
        assertThat(ALL.minus(outage).contains(ONE)).isTrue();
        assertThat(ALL.minus(outage).contains(TWO)).isFalse();
        assertThat(outage.exceeds(ALL)).isFalse();
    }

    @Test
    void tenants_that_move_are_unavailable_in_connected_slots() {
        ConnectedSlots moving = ALL.within(all(), Set.of(TWO));

        assertThat(moving.isComplete()).isFalse();
        assertThat(moving.contains(ONE)).isTrue();
        assertThat(ALL.exceeds(moving)).isTrue();
        assertThat(ALL.minus(moving).contains(TWO)).isTrue();
        assertThat(ALL.minus(moving).contains(ONE)).isFalse();
    }

    @Test
    void slots_of_a_new_server_count_only_for_tenants_that_have_moved() {
        ConnectedSlots before = ALL.without(slotOf(ONE)).within(all(), Set.of(ONE));
        ConnectedSlots promoted = new ConnectedSlots(all(), Set.of(ONE));
        assertThat(before.contains(ONE)).isFalse();
        assertThat(promoted.minus(before).contains(ONE)).isFalse();
        assertThat(ALL.minus(promoted).contains(ONE)).isTrue();
        assertThat(ALL.exceeds(promoted)).isTrue();
    }

    private static BitSet all() {
        BitSet slots = new BitSet();
        slots.set(0, ClusterSlots.COUNT);
        return slots;
    }

    private static BitSet slotOf(Tenant tenant) {
        BitSet slots = new BitSet();
        slots.set(ClusterSlots.slotOf(tenant));
        return slots;
    }
}
