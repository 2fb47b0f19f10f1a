package dev.carillon.source.intake;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.carillon.base.ConfigException;
import dev.carillon.base.Settings;
import dev.carillon.scope.Tenant;
import dev.carillon.source.SourceAddress;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SourceConfigTest {
    @Test
    void address_says_everything_about_a_source() {
        SourceConfig config = TestSource.config(
                "name=orders&tenant=acme&scope=topic:{key}&type=order&private=true&poison=stop&max-age=5m&batch=7"
                        .replace("{", "%7B")
                        .replace("}", "%7D"));

        assertThat(config.name()).isEqualTo("orders");
        assertThat(config.tenant()).isEqualTo(Tenant.ofToken("acme"));
        assertThat(config.type()).contains("order");
        assertThat(config.isPrivate()).isTrue();
        assertThat(config.poison()).isEqualTo(PoisonPolicy.STOP);
        assertThat(config.maxAge()).contains(Duration.ofMinutes(5));
        assertThat(config.batch()).isEqualTo(7);
        assertThat(config.toString() + config.address()).doesNotContain("secret-word");
    }

    @Test
    void defaults_lose_nothing_where_the_source_has_dead_letters() {
        assertThat(TestSource.config("queue=x").poison()).isEqualTo(PoisonPolicy.DEAD_LETTER);
        assertThat(TestSource.config("queue=x").name()).isEqualTo("queue");
        TestSource without = new TestSource();
        without.hasDeadLetters = false;
        assertThat(without.configOf("queue=x").poison()).isEqualTo(PoisonPolicy.DROP);
        assertThatThrownBy(() -> without.configOf("poison=dead-letter"))
                .isInstanceOf(ConfigException.class)
                .hasMessageContaining("has no dead letters");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            qeue=x           | parameter qeue: is unknown; known are batch,
            name=a%20b       | parameter name: must be
            tenant=_system   | parameter tenant:
            scope=nowhere    | parameter scope:
            type=carillon.x  | parameter type:
            poison=keep      | must be dead-letter, drop or stop
            format=xml       | must be auto, broadcast or data
            max-age=never    | must be a duration
            batch=0          | must be a whole number from 1 to 500
            private=yes      | must be true or false
            batch            | must be NAME=VALUE
            batch=1&batch=2  | must be given once
            """)
    void parameter_that_breaks_its_rule_is_refused_without_the_password(String query, String rule) {
        assertThatThrownBy(() -> TestSource.config(query.strip()))
                .isInstanceOf(ConfigException.class)
                .hasMessageContaining("source: test://(hidden)@host/x")
                .hasMessageContaining(rule)
                .hasMessageNotContaining("secret-word");
    }

    @Test
    void scheme_without_a_module_and_text_that_is_no_address_are_refused() {
        assertThatThrownBy(() -> SourceConfig.of(Settings.of(SourceConfig.KEYS, Map.of("source", "kafka://h/?x=y"))))
                .isInstanceOf(ConfigException.class)
                .hasMessageContaining("no module reads this scheme");
        assertThatThrownBy(() -> SourceAddress.parse("amqp://user:secret word@host"))
                .isInstanceOf(ConfigException.class)
                .hasMessageNotContaining("secret");
        assertThatThrownBy(() -> SourceAddress.parse("orders"))
                .isInstanceOf(ConfigException.class)
                .hasMessageContaining("must be a URL");
    }
}
