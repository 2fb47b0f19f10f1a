package dev.carillon.stream;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.carillon.broker.OverloadedException;
import org.junit.jupiter.api.Test;

class ReadBudgetTest {
    private final ReadBudget budget = new ReadBudget();

    @Test
    void an_address_reads_two_hundred_scopes_at_once_and_all_together_four_hundred() {
        budget.take(1, 100);
        budget.take(1, 100);
        assertThatThrownBy(() -> budget.take(1, 1))
                .isInstanceOf(OverloadedException.class)
                .hasMessageContaining("this client address");
        budget.take(2, 200);
        assertThatThrownBy(() -> budget.take(3, 1))
                .isInstanceOf(OverloadedException.class)
                .hasMessageContaining("clients read more than 400");

        budget.giveBack(1, 100);

        budget.take(3, 60);
        budget.take(1, 40);
        assertThatThrownBy(() -> budget.take(3, 1)).isInstanceOf(OverloadedException.class);
    }
}
