package dev.carillon.page.journal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.carillon.base.Text;
import dev.carillon.scope.Scope;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.junit.jupiter.api.Test;

class JournalTextTest {
    private static JournalEntry entry(Map<String, String> signals) {
        return new JournalEntry(
                new JournalEntry.Owner("n1", 7, "life"),
                new JournalEntry.Client("session", "ann\tb"),
                new JournalEntry.Source("/rooms/{id}", "/rooms/7", "a=1&b=2", Map.of("who", "ann")),
                signals,
                Set.of(Scope.topic("room:1")),
                new JournalEntry.Actions(List.of("a1.add", "a2.add"), List.of("a0.pay")));
    }

    @Test
    void entry_is_read_as_it_was_written() {
        JournalEntry entry = entry(Map.of("text", "a\tb\nc\\n\r\u00fc", "empty", ""));

        assertThat(JournalText.read(JournalText.write(entry))).isEqualTo(entry);
    }

    @Test
    void action_that_has_begun_is_one_of_unknown_effect() {
        byte[] begun = JournalText.begun(JournalText.write(entry(Map.of())), "a3.add");

        JournalEntry read = Objects.requireNonNull(JournalText.read(begun));

        assertThat(read.actions().unknown()).containsExactly("a0.pay", "a3.add");
    }

    @Test
    void lines_and_values_of_a_later_release_are_skipped() {
        String text = new String(JournalText.write(entry(Map.of("n", "1"))), StandardCharsets.UTF_8);
        String later =
                text.replace("carillon-page\t1", "carillon-page\t2\tx").replace("signal\tn\t1", "signal\tn\t1\tmore")
                        + "later\tx\ny\njoined\tno scope\n";

        assertThat(JournalText.read(Text.utf8(later))).isEqualTo(entry(Map.of("n", "1")));
        assertThat(JournalText.read(Text.utf8("other"))).isNull();
    }

    @Test
    void state_that_is_too_large_names_the_page_and_the_largest_signal() {
        assertThatThrownBy(() -> JournalText.write(entry(Map.of("small", "x", "large", "x".repeat(70_000)))))
                .hasMessageContaining("page /rooms/{id}")
                .hasMessageContaining("the largest is \"large\"");
    }
}
