package dev.carillon.edge;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetAddress;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The client address by the headers of trusted proxies; no name is looked up. */
class NetworksTest {
    private static final InetAddress PEER = InetAddress.ofLiteral("10.0.0.1");
    private final Networks proxies = Networks.parse(List.of("10.0.0.0/8", "fd00::/8"), IllegalArgumentException::new);

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
    void client_is_the_last_readable_hop_that_is_not_a_proxy(String header, String client) {
        assertThat(proxies.client(PEER, List.of(header)).getHostAddress()).isEqualTo(client);
    }

    @Test
    void header_added_by_a_proxy_takes_precedence_over_one_sent_by_the_client() {
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
    void headers_of_an_untrusted_peer_are_ignored() {
        InetAddress stranger = InetAddress.ofLiteral("198.51.100.1");
        assertThat(proxies.client(stranger, List.of("203.0.113.7"))).isEqualTo(stranger);
    }
}
