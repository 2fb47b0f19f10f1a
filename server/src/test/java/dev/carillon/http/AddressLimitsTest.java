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
        return IntStream.range(0, times).filter(i -> limits.begin(key)).count();
    }

    @Test
    void an_address_may_begin_two_seconds_worth_at_once_and_then_its_rate() {
        AddressLimits limits = limits(0, 10);

        assertThat(begun(limits, 1, 100)).isEqualTo(20);
        nanos.addAndGet(Duration.ofMillis(500).toNanos());
        assertThat(begun(limits, 1, 100)).isEqualTo(5);
        nanos.addAndGet(Duration.ofHours(1).toNanos());
        assertThat(begun(limits, 1, 100)).isEqualTo(20);
    }

    @Test
    void a_request_that_reads_much_counts_as_many() {
        AddressLimits limits = limits(0, 10);

        assertThat(limits.begin(1) && limits.more(1, 14)).isTrue();
        assertThat(limits.begin(1) && limits.more(1, 5)).isFalse();
        assertThat(begun(limits, 1, 100)).as("what was refused took one").isEqualTo(4);
    }

    @Test
    void a_request_that_reads_more_than_an_address_may_at_once_counts_as_all_of_that() {
        AddressLimits limits = limits(0, 10);

        assertThat(limits.begin(1) && limits.more(1, Integer.MAX_VALUE)).isTrue();
        assertThat(begun(limits, 1, 100)).isZero();
        nanos.addAndGet(Duration.ofSeconds(2).toNanos());
        assertThat(limits.begin(1) && limits.more(1, Integer.MAX_VALUE)).isTrue();
    }

    @Test
    void addresses_do_not_take_from_each_other() {
        AddressLimits limits = limits(1, 10);
        begun(limits, 1, 100);

        assertThat(begun(limits, 2, 100)).isEqualTo(20);
        assertThat(limits.open(1)).isTrue();
        assertThat(limits.open(2)).isTrue();
    }

    @Test
    void an_address_may_have_so_many_streams_and_another_for_each_that_closed() {
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
    void nothing_is_left_of_an_address_without_streams() {
        AddressLimits limits = limits(2, 0);
        limits.open(1);
        limits.open(2);

        limits.close(1);
        limits.close(2);

        assertThat(limits.addresses()).isZero();
    }

    @Test
    void zero_is_any_number() {
        AddressLimits limits = limits(0, 0);

        assertThat(limits.more(1, Integer.MAX_VALUE)).isTrue();

        assertThat(begun(limits, 1, 100_000)).isEqualTo(100_000);
        assertThat(IntStream.range(0, 100_000).allMatch(i -> limits.open(1))).isTrue();
    }

    @Test
    void a_network_of_ipv6_counts_as_one_client_and_an_address_of_ipv4_as_one() {
        assertThat(key("2001:db8:1:2::1")).isEqualTo(key("2001:db8:1:2:ffff::9"));
        assertThat(key("2001:db8:1:2::1")).isNotEqualTo(key("2001:db8:1:3::1"));
        assertThat(key("203.0.113.7")).isNotEqualTo(key("203.0.113.8"));
        assertThat(key("203.0.113.7")).isNotEqualTo(key("::203.0.113.7"));
    }
}
