package dev.carillon.broker.redis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.carillon.base.ConfigException;
import dev.carillon.broker.BrokerAddress;
import dev.carillon.broker.BrokerOptions;
import dev.carillon.broker.Brokers;
import dev.carillon.broker.Durability;
import dev.carillon.broker.redis.script.Scripts;
import io.lettuce.core.RedisCredentials;
import io.lettuce.core.RedisURI;
import io.lettuce.core.SslVerifyMode;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RedisProviderTest {
    @ParameterizedTest
    @ValueSource(
            strings = {
                "redis:///",
                "redis://me:secret@host/name",
                "redis://host/1/2",
                "rediss:x",
                "redis://user:secret/x@host",
                "redis://:p@secret@host",
                "redis:u:secret@host",
                "rediss://user:secret@host?verifyPeer=NONE"
            })
    void malformed_address_is_refused_without_its_password(String address) {
        assertThatThrownBy(() -> Brokers.open(address, BrokerOptions.of("n")))
                .isInstanceOf(ConfigException.class)
                .hasMessageContaining("redis://user:password@host:port/database")
                .hasMessageNotContaining("secret");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "redis+sentinel://me:secret@host/",
                "redis+sentinel://me:secret@a,b",
                "redis+sentinel://secret@a,b/name",
                "redis+sentinel://me:secret@a,,b/name",
                "redis+sentinel://me:secret@a:1:2/name",
                "redis+sentinel://me:secret@a/name/x",
                "redis+sentinel://me:secret@a/name?verifyPeer=NONE",
                "rediss+sentinel://me:secret@a,b@c/name"
            })
    void malformed_address_of_sentinels_is_refused_without_its_password(String address) {
        assertThatThrownBy(() -> Brokers.open(address, BrokerOptions.of("n")))
                .isInstanceOf(ConfigException.class)
                .hasMessageContaining("redis+sentinel://user:password@host:port,host:port/name/database")
                .hasMessageNotContaining("secret");
    }

    @Test
    void address_of_sentinels_names_them_their_primary_and_its_user() {
        RedisAddress address = RedisAddress.of(
                BrokerAddress.parse("rediss+sentinel://me:a%40secret@s1.example,127.0.0.1:5000/main/3"));

        assertThat(address.shown()).isEqualTo("rediss+sentinel://s1.example,127.0.0.1:5000/main/3");
        RedisURI uri = address.uri();
        assertThat(uri.getSentinelMasterId()).isEqualTo("main");
        assertThat(uri.getDatabase()).isEqualTo(3);
        RedisCredentials user =
                uri.getCredentialsProvider().resolveCredentials().block();
        assertThat(user.getUsername()).isEqualTo("me");
        assertThat(user.getPassword()).isEqualTo("a@secret".toCharArray());
        assertThat(uri.getSentinels()).extracting(RedisURI::getPort).containsExactly(26379, 5000);
        assertThat(uri.getSentinels()).allMatch(RedisURI::isSsl);
        assertThat(uri.getVerifyMode()).isEqualTo(SslVerifyMode.FULL);
    }

    @Test
    void server_info_of_a_sentinel_is_refused() {
        ServerInfo info = new ServerInfo("redis_version:7.0.15\r\nredis_mode:sentinel\r\n");

        assertThatThrownBy(() -> info.check("redis://host"))
                .isInstanceOf(ConfigException.class)
                .hasMessageContaining("sentinel");
    }

    @Test
    void durability_follows_the_settings() {
        assertThat(RedisDurability.of(true, "always", "", "").level()).isEqualTo(Durability.Level.EACH_WRITE);
        assertThat(RedisDurability.of(true, "everysec", "", "").level()).isEqualTo(Durability.Level.PERIODIC);
        assertThat(RedisDurability.of(false, "always", "3600 1", "").level()).isEqualTo(Durability.Level.PERIODIC);
        assertThat(RedisDurability.of(false, "always", "", "").level()).isEqualTo(Durability.Level.PROCESS);
    }

    @Test
    void append_script_differs_for_each_life_of_a_server() {
        assertThat(Scripts.append("a".repeat(40)).plain().sha())
                .isNotEqualTo(Scripts.append("b".repeat(40)).plain().sha());
    }

    @Test
    void server_of_a_fail_over_that_hides_its_master_replid_is_refused() {
        String info = "redis_version:7.0.15\r\nredis_mode:standalone\r\nrun_id:0123456789\r\nrole:master\r\n";
        ServerInfo hides = new ServerInfo(info, true, false);

        assertThatThrownBy(() -> hides.check("redis://h"))
                .isInstanceOf(ConfigException.class)
                .hasMessageContaining("master_replid");
        assertThatCode(() -> new ServerInfo(info, false, false).check("redis://h"))
                .doesNotThrowAnyException();
        assertThatCode(() -> new ServerInfo(info + "master_replid:0123456789\r\n", true, false).check("redis://h"))
                .doesNotThrowAnyException();
    }
}
