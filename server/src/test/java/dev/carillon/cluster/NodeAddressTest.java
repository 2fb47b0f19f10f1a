package dev.carillon.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.carillon.base.ConfigException;
import dev.carillon.base.Key;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class NodeAddressTest {
    private static final Key<String> KEY = Key.text("advertise", "HOST[:PORT]", null, "");

    @ParameterizedTest
    @CsvSource({
        "10.0.0.5:7081, 10.0.0.5:7081",
        "10.0.0.5, 10.0.0.5:7080",
        "n1.nodes.internal, n1.nodes.internal:7080",
        "n1:65535, n1:65535",
        "[fd00::5]:7081, [fd00::5]:7081",
        "[fd00::5], [fd00::5]:7080",
        "fd00::5, [fd00::5]:7080",
        "localhost, localhost:7080",
        "127.0.0.1:1, 127.0.0.1:1"
    })
    void address_has_a_host_and_its_own_port_or_that_of_the_listener(String text, String full) {
        NodeAddress address = NodeAddress.of(KEY, text).listeningOn(7_080);

        assertThat(address.text()).isEqualTo(full);
        assertThat(address.uri("/x")).hasToString("http://" + full + "/x");
        assertThat(NodeAddress.parse(full)).contains(address);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "0.0.0.0",
                "0.0.0.0:7080",
                "::",
                "[::]:7080",
                "0",
                "::ffff:0.0.0.0",
                "224.0.0.1",
                "ff02::1",
                "255.255.255.255",
                "fe80::1%eth0",
                "",
                ":7080",
                "host:0",
                "host:70000",
                "host:x",
                "host:7080/path",
                "http://host:7080",
                "user@host",
                "ho st",
                "a_b",
                "[fd00::5",
                "[fd00::5]7080",
                "[]:7080"
            })
    void address_that_no_node_can_connect_to_is_refused_with_the_key_and_the_rule(String text) {
        assertThatThrownBy(() -> NodeAddress.of(KEY, text))
                .isInstanceOf(ConfigException.class)
                .hasMessageStartingWith("advertise: " + text)
                .hasMessageContaining("must be HOST or HOST:PORT");
        assertThat(NodeAddress.parse(text)).isEmpty();
    }
}
