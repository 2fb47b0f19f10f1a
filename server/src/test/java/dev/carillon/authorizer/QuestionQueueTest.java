package dev.carillon.authorizer;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class QuestionQueueTest {
    private final List<Integer> sent = new ArrayList<>();
    private final QuestionQueue queue = new QuestionQueue(Runnable::run);

    private Runnable request(int number) {
        return () -> sent.add(number);
    }

    @Test
    void requests_beyond_the_bounds_wait_in_order_and_then_are_refused() {
        List<Runnable> requests = new ArrayList<>();
        for (int i = 0; i < QuestionQueue.MAX_OPEN + QuestionQueue.MAX_WAITING; i++) {
            Runnable request = request(i);
            requests.add(request);
            assertThat(queue.admit(request))
                    .isEqualTo(
                            i < QuestionQueue.MAX_OPEN
                                    ? QuestionQueue.Admission.OPEN
                                    : QuestionQueue.Admission.WAITING);
        }
        assertThat(queue.admit(request(-1))).isEqualTo(QuestionQueue.Admission.REFUSED);

        // One that waits gives up, and two that are open end.
        assertThat(queue.release(requests.get(QuestionQueue.MAX_OPEN))).isFalse();
        assertThat(queue.release(requests.get(0))).isTrue();
        assertThat(queue.release(requests.get(1))).isTrue();

        assertThat(sent).containsExactly(QuestionQueue.MAX_OPEN + 1, QuestionQueue.MAX_OPEN + 2);
        assertThat(queue.waiting()).isEqualTo(QuestionQueue.MAX_WAITING - 3);
    }

    @Test
    void questions_about_open_connections_leave_places_to_new_ones() {
        for (int i = 0; i < QuestionQueue.MAX_OPEN + QuestionQueue.MAX_WAITING - QuestionQueue.RESERVED; i++) {
            assertThat(queue.hasRoom()).isTrue();
            queue.admit(request(i));
        }
        assertThat(queue.hasRoom()).isFalse();
    }
}
