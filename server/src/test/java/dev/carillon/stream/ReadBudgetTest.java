package dev.carillon.stream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.carillon.broker.OverloadedException;
import org.junit.jupiter.api.Test;

class ReadBudgetTest {
    private final ReadBudget budget = new ReadBudget();

    @Test
    void an_address_reads_two_hundred_scopes_at_once_and_others_then_half_of_what_is_left() {
        budget.take(1, 100);
        budget.take(1, 100);
        assertThatThrownBy(() -> budget.take(1, 1))
                .isInstanceOf(OverloadedException.class)
                .hasMessageContaining("this client address");
        budget.take(2, 100);
        assertThatThrownBy(() -> budget.take(3, 100))
                .isInstanceOf(OverloadedException.class)
                .hasMessageContaining("no room for 100");
        budget.take(3, 50);

        budget.giveBack(1, 100);

        budget.take(1, 50);
        assertThatThrownBy(() -> budget.take(3, 51)).isInstanceOf(OverloadedException.class);
        budget.take(3, 50);
    }

    @Test
    void small_reads_are_served_while_many_addresses_read_all_that_they_can() {
        int taken = 0;
        for (int address = 0; address < 1_000; address++) {
            try {
                budget.take(address, 100);
                taken++;
            } catch (OverloadedException e) {
                // As it should be.
            }
        }

        assertThat(taken).isEqualTo(3);
        for (int address = 2_000; address < 2_050; address++) {
            budget.take(address, 1);
        }
    }
}
