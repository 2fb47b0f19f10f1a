package dev.carillon.history;

import static org.assertj.core.api.Assertions.assertThat;

import dev.carillon.base.CarillonException;
import dev.carillon.base.ErrorCode;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class BoundedReadsTest {
    private final List<CompletableFuture<Integer>> begun = new ArrayList<>();

    private CompletableFuture<Integer> read(BoundedReads reads) {
        return reads.read(() -> {
            CompletableFuture<Integer> answer = new CompletableFuture<>();
            begun.add(answer);
            return answer;
        });
    }

    @Test
    void thousands_that_ask_at_once_reach_the_broker_some_at_a_time_and_all_are_answered() {
        BoundedReads reads = new BoundedReads();
        List<CompletableFuture<Integer>> answers = new ArrayList<>();
        for (int i = 0; i < 6_000; i++) {
            answers.add(read(reads));
        }
        assertThat(begun).hasSize(BoundedReads.MAX_CONCURRENT);

        for (int i = 0; i < 6_000; i++) {
            begun.get(i).complete(i);
            assertThat(begun).hasSizeLessThanOrEqualTo(i + 1 + BoundedReads.MAX_CONCURRENT);
        }
        assertThat(answers.stream().map(CompletableFuture::join))
                .containsExactlyElementsOf(IntStream.range(0, 6_000).boxed().toList());
    }

    @Test
    void failures_of_any_kind_are_passed_on_and_do_not_hold_others_up() {
        BoundedReads reads = new BoundedReads();
        for (int i = 0; i < BoundedReads.MAX_CONCURRENT; i++) {
            CompletableFuture<Integer> thrown = reads.read(() -> {
                throw new IllegalStateException("thrown");
            });
            assertThat(thrown)
                    .failsWithin(Duration.ZERO)
                    .withThrowableThat()
                    .havingRootCause()
                    .withMessage("thrown");
        }
        CompletableFuture<Integer> failed = read(reads);
        begun.getFirst().completeExceptionally(new IllegalStateException("failed"));
        assertThat(failed).isCompletedExceptionally();

        CompletableFuture<Integer> last = read(reads);
        begun.getLast().complete(7);
        assertThat(last.join()).isEqualTo(7);
    }

    @Test
    void one_beyond_the_queue_is_refused() {
        BoundedReads reads = new BoundedReads(2);
        for (int i = 0; i < BoundedReads.MAX_CONCURRENT + 2; i++) {
            assertThat(read(reads)).isNotDone();
        }

        assertThat(read(reads).handle((value, e) -> e).join())
                .isInstanceOfSatisfying(
                        CarillonException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.OVERLOADED));
    }
}
