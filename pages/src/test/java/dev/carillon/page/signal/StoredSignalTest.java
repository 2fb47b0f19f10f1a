package dev.carillon.page.signal;

import static org.assertj.core.api.Assertions.assertThat;

import dev.carillon.base.Text;
import dev.carillon.page.signal.StoredSignal.Outcome;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class StoredSignalTest {
    private static final StoredSignal NONE = new StoredSignal("", "");

    @Test
    void text_comes_back_whatever_it_contains() {
        for (String text : new String[] {"", "1", "two\nlines", "\u0001x", "\u0001a:1\nb", "\ud83d\ude00"}) {
            StoredSignal value = NONE.next("a", 1, text);
            assertThat(StoredSignal.of(value.stored())).isEqualTo(value);
        }
    }

    @Test
    void text_without_marks_is_a_value() {
        assertThat(StoredSignal.of("7")).isEqualTo(new StoredSignal("", "7"));
        assertThat(StoredSignal.of("\u0001no end")).isEqualTo(new StoredSignal("", "\u0001no end"));
    }

    @Test
    void write_is_found_until_its_writer_writes_again_also_below_those_of_others() {
        StoredSignal one = NONE.next("a", 1, "x");
        StoredSignal two = one.next("b", 5, "y");

        assertThat(NONE.outcome("a", 1)).isEqualTo(Outcome.NOT_WRITTEN);
        assertThat(one.outcome("a", 1)).isEqualTo(Outcome.LAST);
        assertThat(two.outcome("a", 1)).isEqualTo(Outcome.OVERTAKEN);
        assertThat(two.outcome("a", 2)).isEqualTo(Outcome.NOT_WRITTEN);
        assertThat(two.outcome("c", 1)).isEqualTo(Outcome.NOT_WRITTEN);
        assertThat(two.next("a", 2, "z").marks()).isEqualTo("a:2 b:5");
    }

    @Test
    void marks_are_bounded_and_those_that_were_pushed_out_are_unknown() {
        String longest = Long.toString(Long.MAX_VALUE, Character.MAX_RADIX);
        StoredSignal value = IntStream.range(0, 100)
                .mapToObj(i -> longest.substring(2) + (char) ('A' + i % 60) + (char) ('A' + i / 60))
                .reduce(NONE, (before, writer) -> before.next(writer, Long.MAX_VALUE / 1000, ""), (a, b) -> b);

        assertThat(value.marks().split(" ", -1)).hasSize(StoredSignal.MAX_MARKS);
        assertThat(value.outcome("a", 1)).isEqualTo(Outcome.UNKNOWN);
        assertThat(Text.utf8Length(value.stored())).isLessThanOrEqualTo(StoredSignal.OVERHEAD_BYTES);
    }
}
