package dev.carillon.edge;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class LiteralAddressTest {
    @ParameterizedTest
    @CsvSource({
        "1.2.3.4, 1.2.3.4",
        "0.0.0.0, 0.0.0.0",
        "255.255.255.255, 255.255.255.255",
        "::1, 0:0:0:0:0:0:0:1",
        "::, 0:0:0:0:0:0:0:0",
        "2001:DB8::8:800:200C:417A, 2001:db8:0:0:8:800:200c:417a",
        "64:ff9b::192.0.2.33, 64:ff9b:0:0:0:0:c000:221",
        "::ffff:1.2.3.4, 1.2.3.4",
        "::ffff:102:304, 1.2.3.4",
    })
    void addresses_are_parsed_and_mapped_ones_become_ipv4(String text, String address) {
        assertThat(LiteralAddress.parse(text).orElseThrow().address().getHostAddress())
                .isEqualTo(address);
        assertThat(LiteralAddress.parseHop(" " + text + " ")).isEqualTo(LiteralAddress.parse(text));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                " ",
                "1",
                "1.2",
                "1.2.3",
                "1.2.3.4.5",
                "256.1.1.1",
                "01.2.3.4",
                "0x7f.0.0.1",
                "0x7f000001",
                "2130706433",
                "1.2.3.4 ",
                "-1.2.3.4",
                "1.cafe.de",
                "cafe.de",
                "abc",
                "dead.beef",
                "localhost",
                "fe80::1%eth0",
                "fe80::1%1",
                "[::1]",
                ":",
                ":::",
                "1::2::3",
                "12345::",
                "1:2:3:4:5:6:7",
                "1:2:3:4:5:6:7:8:9",
                "::1.2.3",
                "::01.2.3.4",
                "1.2.3.4:",
                "1.2.3.4:80",
                "\u0661.2.3.4",
                "unknown",
                "_hidden",
                "::ffff:1.2.3.4:80"
            })
    void other_text_is_not_an_address(String text) {
        assertThat(LiteralAddress.parse(text)).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({
        "1.2.3.4:567, 1.2.3.4",
        "[::1], 0:0:0:0:0:0:0:1",
        "[::1]:65535, 0:0:0:0:0:0:0:1",
        "[::ffff:1.2.3.4]:5, 1.2.3.4",
    })
    void hops_may_have_brackets_and_ports(String text, String address) {
        assertThat(LiteralAddress.parseHop(text).orElseThrow().address().getHostAddress())
                .isEqualTo(address);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "1.2.3.4:",
                "1.2.3.4:x",
                "1.2.3.4:123456",
                "[1.2.3.4]",
                "[1.2.3.4]:80",
                "[::1",
                "::1]",
                "[::1]x",
                "[::1]:",
                "[fe80::1%1]:80",
                "unknown",
                "_x",
                "1.cafe.de:80",
                "[cafe.de]:80"
            })
    void hops_without_an_address_are_refused(String text) {
        assertThat(LiteralAddress.parseHop(text)).isEmpty();
    }

    @Test
    void networks_contain_addresses_of_their_family() {
        Networks networks = networks("10.0.0.0/8", "fd00::/8", "192.0.2.7", "::ffff:172.16.0.0/108");

        for (String in : List.of("10.1.2.3", "::ffff:10.1.2.3", "fd12::1", "192.0.2.7", "172.31.0.1")) {
            assertThat(contains(networks, in)).as(in).isTrue();
        }
        for (String out : List.of("11.0.0.1", "fe80::1", "192.0.2.8", "172.32.0.1", "::10.1.2.3")) {
            assertThat(contains(networks, out)).as(out).isFalse();
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "10.0.0.0/33",
                "10.0.0.0/-1",
                "10.0.0.0/+8",
                "10.0.0.0/",
                "10/8",
                "cafe.de/8",
                "fd00::/129",
                "x",
                "::ffff:1.2.3.4/95"
            })
    void malformed_networks_are_refused(String cidr) {
        assertThatThrownBy(() -> networks("10.0.0.0/8", cidr))
                .isInstanceOf(IllegalStateException.class)
                .hasMessage(cidr);
    }

    private static boolean contains(Networks networks, String address) {
        return networks.contains(LiteralAddress.parse(address).orElseThrow().address());
    }

    private static Networks networks(String... cidrs) {
        return Networks.parse(List.of(cidrs), IllegalStateException::new);
    }
}
