package dev.carillon.http;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetAddress;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Whose request it is by the headers of proxies: never nobody's, and no name is looked up. */
class TrustedProxiesTest {
    private static final InetAddress PEER = InetAddress.ofLiteral("10.0.0.1");
    private final TrustedProxies proxies = new TrustedProxies(List.of("10.0.0.0/8", "fd00::/8"));

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "203.0.113.7                   | 203.0.113.7",
                "6.6.6.6, 203.0.113.7          | 203.0.113.7",
                "6.6.6.6, 203.0.113.7, 10.0.0.2 | 203.0.113.7",
                "203.0.113.7:4711, fd00::2     | 203.0.113.7",
                "[2001:db8::1]:4711            | 2001:db8:0:0:0:0:0:1",
                "::ffff:203.0.113.7            | 203.0.113.7",
                "10.0.0.3, 10.0.0.2            | 10.0.0.3",
                "1.cafe.de                     | 10.0.0.1",
                "203.0.113.7, 1.cafe.de        | 10.0.0.1",
                "1.cafe.de, 10.0.0.2           | 10.0.0.2",
                "unknown                       | 10.0.0.1",
                "203.0.113.7, 10.0.0.2,        | 10.0.0.1",
                "''                            | 10.0.0.1",
            })
    void client_is_the_last_hop_that_is_no_proxys_and_that_can_be_read(String header, String client) {
        assertThat(proxies.client(PEER, List.of(header)).getHostAddress()).isEqualTo(client);
    }

    @Test
    void header_that_a_proxy_adds_counts_before_one_that_the_client_sent() {
        assertThat(proxies.client(PEER, List.of("6.6.6.6", "203.0.113.7")).getHostAddress())
                .isEqualTo("203.0.113.7");
    }

    @Test
    void long_list_of_hops_does_not_hide_the_last_one() {
        assertThat(proxies.client(PEER, List.of("6.6.6.6, ".repeat(300) + "203.0.113.7"))
                        .getHostAddress())
                .isEqualTo("203.0.113.7");
    }

    @Test
    void headers_of_a_peer_that_is_no_proxy_do_not_count() {
        InetAddress stranger = InetAddress.ofLiteral("198.51.100.1");
        assertThat(proxies.client(stranger, List.of("203.0.113.7"))).isEqualTo(stranger);
    }
}
