package dev.carillon.rebalance;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class BounceWindowTest {
    private final AtomicLong nanos = new AtomicLong();
    private final BounceWindow window = new BounceWindow(nanos::get);

    @Test
    void as_many_requests_are_refused_as_streams_were_released() {
        assertThat(window.take()).isFalse();
        window.add(2);

        assertThat(window.take()).isTrue();
        assertThat(window.take()).isTrue();
        assertThat(window.take()).isFalse();
        assertThat(window.isOpen()).isFalse();
    }

    @Test
    void the_window_ends_after_the_last_release_and_what_is_left_is_forgotten() {
        window.add(5);
        nanos.addAndGet(BounceWindow.LENGTH.toNanos() - 1);
        window.add(1);
        nanos.addAndGet(BounceWindow.LENGTH.toNanos() - 1);
        assertThat(window.isOpen()).isTrue();
        nanos.addAndGet(1);
        assertThat(window.isOpen()).isFalse();
        assertThat(window.take()).isFalse();

        window.add(1);
        assertThat(window.take()).isTrue();
        assertThat(window.take()).isFalse();
    }

    @Test
    void a_closed_window_refuses_nothing_and_the_number_is_bounded() {
        window.add(3);
        window.close();
        assertThat(window.take()).isFalse();

        window.add(BounceWindow.MAX);
        window.add(BounceWindow.MAX);
        for (int i = 0; i < BounceWindow.MAX; i++) {
            boolean _ = window.take();
        }
        assertThat(window.take()).isFalse();
    }
}
