package dev.carillon.http;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.Random;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class AddressLimitsTest {
    private final AtomicLong nanos = new AtomicLong(Long.MAX_VALUE - 1_000);

    private AddressLimits limits(int streams, int perSecond) {
        return new AddressLimits(streams, perSecond, nanos::get, new Random(1));
    }

    private static long key(String address) {
        try {
            return AddressLimits.key(InetAddress.getByName(address));
        } catch (UnknownHostException e) {
            throw new AssertionError(e);
        }
    }

    private static long begun(AddressLimits limits, long key, int times) {
        return IntStream.range(0, times).filter(i -> limits.tryAcquire(key)).count();
    }

    @Test
    void an_address_gets_a_burst_of_two_seconds_and_then_its_rate() {
        AddressLimits limits = limits(0, 10);

        assertThat(begun(limits, 1, 100)).isEqualTo(20);
        nanos.addAndGet(Duration.ofMillis(500).toNanos());
        assertThat(begun(limits, 1, 100)).isEqualTo(5);
        nanos.addAndGet(Duration.ofHours(1).toNanos());
        assertThat(begun(limits, 1, 100)).isEqualTo(20);
    }

    @Test
    void a_request_that_reads_more_counts_as_several() {
        AddressLimits limits = limits(0, 10);

        assertThat(limits.tryAcquire(1) && limits.tryAcquireMore(1, 14)).isTrue();
        assertThat(limits.tryAcquire(1) && limits.tryAcquireMore(1, 5)).isFalse();
        assertThat(begun(limits, 1, 100)).as("what was refused took one").isEqualTo(4);
    }

    @Test
    void a_request_beyond_the_burst_counts_as_the_whole_burst() {
        AddressLimits limits = limits(0, 10);

        assertThat(limits.tryAcquire(1) && limits.tryAcquireMore(1, Integer.MAX_VALUE))
                .isTrue();
        assertThat(begun(limits, 1, 100)).isZero();
        nanos.addAndGet(Duration.ofSeconds(2).toNanos());
        assertThat(limits.tryAcquire(1) && limits.tryAcquireMore(1, Integer.MAX_VALUE))
                .isTrue();
    }

    @Test
    void addresses_do_not_affect_each_other() {
        AddressLimits limits = limits(1, 10);
        begun(limits, 1, 100);

        assertThat(begun(limits, 2, 100)).isEqualTo(20);
        assertThat(limits.open(1)).isTrue();
        assertThat(limits.open(2)).isTrue();
    }

    @Test
    void an_address_at_its_stream_limit_may_open_one_for_each_that_closed() {
        AddressLimits limits = limits(2, 0);

        assertThat(limits.open(1)).isTrue();
        assertThat(limits.open(1)).isTrue();
        assertThat(limits.open(1)).isFalse();
        assertThat(limits.open(1)).isFalse();
        limits.close(1);
        assertThat(limits.open(1)).isTrue();
        assertThat(limits.open(1)).isFalse();
    }

    @Test
    void an_address_without_streams_leaves_no_state() {
        AddressLimits limits = limits(2, 0);
        limits.open(1);
        limits.open(2);

        limits.close(1);
        limits.close(2);

        assertThat(limits.addresses()).isZero();
    }

    @Test
    void zero_means_no_limit() {
        AddressLimits limits = limits(0, 0);

        assertThat(limits.tryAcquireMore(1, Integer.MAX_VALUE)).isTrue();

        assertThat(begun(limits, 1, 100_000)).isEqualTo(100_000);
        assertThat(IntStream.range(0, 100_000).allMatch(i -> limits.open(1))).isTrue();
    }

    @Test
    void an_ipv6_network_and_an_ipv4_address_count_as_one_client_each() {
        assertThat(key("2001:db8:1:2::1")).isEqualTo(key("2001:db8:1:2:ffff::9"));
        assertThat(key("2001:db8:1:2::1")).isNotEqualTo(key("2001:db8:1:3::1"));
        assertThat(key("203.0.113.7")).isNotEqualTo(key("203.0.113.8"));
        assertThat(key("203.0.113.7")).isNotEqualTo(key("::203.0.113.7"));
    }
}
