package dev.carillon.edge;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class TlsHandshakesTest {
    private final Queue<Runnable> workers = new ArrayDeque<>();
    private final AtomicInteger refused = new AtomicInteger();
    private final List<String> done = new ArrayList<>();
    private final TlsHandshakes handshakes = new TlsHandshakes(2, refused::incrementAndGet, () -> workers::add);

    @Test
    void a_handshake_beyond_the_maximum_is_refused_and_counted() {
        handshakes.execute(() -> done.add("a"));
        handshakes.execute(() -> done.add("b"));

        assertThatThrownBy(() -> handshakes.execute(() -> done.add("c")))
                .isInstanceOf(RejectedExecutionException.class);

        assertThat(refused).hasValue(1);
        assertThat(handshakes.pending()).isEqualTo(2);
        workers.forEach(Runnable::run);
        assertThat(done).containsExactly("a", "b");
    }

    @Test
    void a_handshake_that_ends_makes_room_for_another_one_also_if_it_fails() {
        handshakes.execute(() -> done.add("a"));
        handshakes.execute(() -> {
            throw new IllegalStateException("a failure of the test");
        });
        workers.remove().run();
        assertThatThrownBy(workers.remove()::run).isInstanceOf(IllegalStateException.class);

        handshakes.execute(() -> done.add("b"));
        workers.remove().run();

        assertThat(done).containsExactly("a", "b");
        assertThat(refused).hasValue(0);
        assertThat(handshakes.pending()).isZero();
    }

    @Test
    void a_handshake_that_a_stopping_listener_does_not_take_leaves_no_trace() {
        TlsHandshakes stopping = new TlsHandshakes(2, refused::incrementAndGet, () -> task -> {
            throw new RejectedExecutionException("stopping");
        });

        assertThatThrownBy(() -> stopping.execute(() -> {})).hasMessage("stopping");

        assertThat(stopping.pending()).isZero();
        assertThat(refused).hasValue(0);
    }
}
