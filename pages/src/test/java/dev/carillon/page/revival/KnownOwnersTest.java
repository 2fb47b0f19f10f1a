package dev.carillon.page.revival;

import static org.assertj.core.api.Assertions.assertThat;

import dev.carillon.page.journal.JournalEntry;
import org.junit.jupiter.api.Test;

class KnownOwnersTest {
    private final KnownOwners owners = new KnownOwners();

    private static JournalEntry.Owner owner(int number) {
        return new JournalEntry.Owner("n" + number, number, "life" + number);
    }

    @Test
    void the_least_recently_used_is_forgotten_beyond_the_bound() {
        for (int i = 0; i < KnownOwners.MAX; i++) {
            owners.know("c" + i, owner(i));
        }
        assertThat(owners.of("c0")).isEqualTo(owner(0));
        owners.know("more", owner(1));

        assertThat(owners.of("c0")).isEqualTo(owner(0));
        assertThat(owners.of("c1")).isNull();
        assertThat(owners.of("more")).isEqualTo(owner(1));
    }

    @Test
    void one_that_has_given_its_context_up_is_forgotten() {
        owners.know("c", owner(1));
        owners.forget("c");

        assertThat(owners.of("c")).isNull();
    }
}
