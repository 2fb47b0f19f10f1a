package dev.carillon.stream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.carillon.broker.OverloadedException;
import org.junit.jupiter.api.Test;

class ReadBudgetTest {
    private final ReadBudget budget = new ReadBudget();

    @Test
    void address_reads_at_most_200_scopes_and_others_at_most_half_of_the_rest() {
        budget.acquire(1, 100);
        budget.acquire(1, 100);
        assertThatThrownBy(() -> budget.acquire(1, 1))
                .isInstanceOf(OverloadedException.class)
                .hasMessageContaining("this client address");
        budget.acquire(2, 100);
        assertThatThrownBy(() -> budget.acquire(3, 100))
                .isInstanceOf(OverloadedException.class)
                .hasMessageContaining("not enough is left for 100");
        budget.acquire(3, 50);

        budget.release(1, 100);

        budget.acquire(1, 50);
        assertThatThrownBy(() -> budget.acquire(3, 51)).isInstanceOf(OverloadedException.class);
        budget.acquire(3, 50);
    }

    @Test
    void small_reads_succeed_while_many_addresses_use_their_maximum() {
        int accepted = 0;
        for (int address = 0; address < 1_000; address++) {
            try {
                budget.acquire(address, 100);
                accepted++;
            } catch (OverloadedException e) {
                // Expected once the budget is used up.
            }
        }

        assertThat(accepted).isEqualTo(3);
        for (int address = 2_000; address < 2_050; address++) {
            budget.acquire(address, 1);
        }
    }
}
