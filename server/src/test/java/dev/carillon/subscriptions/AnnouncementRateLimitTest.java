package dev.carillon.subscriptions;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class AnnouncementRateLimitTest {
    private static final long SECOND = TimeUnit.SECONDS.toNanos(1);

    private final AtomicLong now = new AtomicLong();

    @Test
    void address_gets_its_burst_and_then_its_rate_independently_of_other_addresses() {
        AnnouncementRateLimit rateLimit = new AnnouncementRateLimit(now::get, 1_000, 20);

        int burst = acquired(rateLimit, 1, 1_000);
        assertThat(burst).isEqualTo(20 * AnnouncementRateLimit.BURST_SECONDS + 1);
        assertThat(rateLimit.tryAcquire(2, 1)).isTrue();
        now.set(5 * SECOND);
        assertThat(acquired(rateLimit, 1, 1_000)).isEqualTo(5 * 20);
    }

    @Test
    void subscriber_with_many_selectors_is_admitted_and_delays_later_ones() {
        AnnouncementRateLimit rateLimit = new AnnouncementRateLimit(now::get, 1_000, 20);

        assertThat(rateLimit.tryAcquire(1, 1_000)).isTrue();
        now.set(39 * SECOND);
        assertThat(rateLimit.tryAcquire(1, 1)).isFalse();
        now.set(40 * SECOND);
        assertThat(rateLimit.tryAcquire(1, 1)).isTrue();
    }

    @Test
    void node_has_a_rate_of_its_own_whatever_the_number_of_addresses() {
        AnnouncementRateLimit rateLimit = new AnnouncementRateLimit(now::get, 200, 20);

        long acquired = IntStream.range(0, 5_000)
                .filter(address -> rateLimit.tryAcquire(address, 1))
                .count();

        assertThat(acquired).isEqualTo(200 * AnnouncementRateLimit.BURST_SECONDS + 1);
    }

    private static int acquired(AnnouncementRateLimit rateLimit, long address, int tries) {
        return (int) IntStream.range(0, tries)
                .filter(i -> rateLimit.tryAcquire(address, 1))
                .count();
    }
}
