package dev.carillon.broker.nats;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.carillon.base.CarillonException;
import dev.carillon.broker.BrokerOptions;
import dev.carillon.broker.Brokers;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/**
 * A server's greeting arrives in the clear, so an attacker on the path can change it: it must not decide anything that protects the
 * password.
 */
class NatsGreetingIT {
    private static final BrokerOptions BRIEF = BrokerOptions.of("n").startTimeout(Duration.ofSeconds(1));

    @Test
    void server_without_tls_receives_nothing_from_a_tls_client() throws Exception {
        try (FakeServer server = new FakeServer("2.10.27", true)) {
            assertThatThrownBy(() -> open("tls://user:SECRET@127.0.0.1:" + server.port()))
                    .isInstanceOf(CarillonException.class)
                    .hasMessageNotContaining("SECRET");

            assertThat(server.connections()).isPositive();
            assertThat(server.lines()).isEmpty();
        }
    }

    @Test
    void servers_announced_by_a_greeting_are_not_connected_to() throws Exception {
        try (FakeServer other = new FakeServer("2.10.27", true);
                FakeServer server = new FakeServer(
                        "2.10.27",
                        true,
                        ",\"tls_required\":true,\"connect_urls\":[\"127.0.0.1:" + other.port() + "\"]")) {
            assertThatThrownBy(() -> open("nats://user:SECRET@127.0.0.1:" + server.port()))
                    .isInstanceOf(CarillonException.class);

            assertThat(server.connections()).isPositive();
            assertThat(other.connections()).isZero();
        }
    }

    private static void open(String address) {
        Brokers.open(address, BRIEF).close();
    }
}
