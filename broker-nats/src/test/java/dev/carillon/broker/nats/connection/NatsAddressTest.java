package dev.carillon.broker.nats.connection;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.carillon.base.ConfigException;
import dev.carillon.broker.BrokerAddress;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class NatsAddressTest {
    @Test
    void secret_is_used_and_never_printed() {
        NatsAddress address = NatsAddress.parse(BrokerAddress.parse("nats://me:pa%2Fss+@host:4333"));

        assertThat(address.user()).isEqualTo("me");
        assertThat(address.secret()).isEqualTo("pa/ss+");
        assertThat(address.servers()).extracting(NatsAddress.Server::url).containsExactly("nats://host:4333");
        assertThat(address.toString()).doesNotContain("pa", "me");
    }

    @Test
    void token_alone_and_default_port() {
        NatsAddress address = NatsAddress.parse(BrokerAddress.parse("tls://t0ken@host"));

        assertThat(address.user()).isNull();
        assertThat(address.secret()).isEqualTo("t0ken");
        assertThat(address.servers()).extracting(NatsAddress.Server::url).containsExactly("tls://host:4222");
    }

    @Test
    void servers_of_a_cluster_share_one_user_and_each_has_its_own_name() {
        NatsAddress address = NatsAddress.parse(BrokerAddress.parse("tls://me:hidden@a,b:2"));

        assertThat(address.servers())
                .containsExactly(new NatsAddress.Server("tls://a:4222", "a"), new NatsAddress.Server("tls://b:2", "b"));
        assertThat(address.user()).isEqualTo("me");
        assertThat(address.toString()).isEqualTo("tls://(hidden)@a,b:2");
    }

    @Test
    void malformed_address_is_refused_without_its_secret() {
        assertThatThrownBy(() -> NatsAddress.parse(BrokerAddress.parse("nats://me:hidden@host:1/path")))
                .isInstanceOf(ConfigException.class)
                .hasMessageStartingWith("broker: ")
                .hasMessageContaining("nats://host:port")
                .message()
                .isNotNull()
                .matches(m -> !m.contains("hidden@") && !m.contains(":hidden"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "nats://user:secret/x@host",
                "nats://:p@secret@host",
                "nats:u:secret@host",
                "nats://secret@",
                "nats://u:secret@a,b,",
                "nats://u:secret@a,b:99999",
                "nats://u:secret@a,v:secret@b"
            })
    void malformed_address_shows_only_its_scheme(String address) {
        assertThatThrownBy(() -> NatsAddress.parse(BrokerAddress.parse(address)))
                .isInstanceOf(ConfigException.class)
                .hasMessageStartingWith("broker: nats:(hidden): ");
    }
}
