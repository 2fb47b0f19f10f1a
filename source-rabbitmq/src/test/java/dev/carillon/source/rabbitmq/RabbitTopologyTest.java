package dev.carillon.source.rabbitmq;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.rabbitmq.client.AMQP;
import com.rabbitmq.client.Envelope;
import dev.carillon.base.ConfigException;
import dev.carillon.source.SourceAddress;
import dev.carillon.source.SourceMessage;
import dev.carillon.source.rabbitmq.RabbitTopology.Kind;
import java.time.Instant;
import java.util.Date;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RabbitTopologyTest {
    private static RabbitTopology topology(String query) {
        return RabbitTopology.of(SourceAddress.parse("amqp://app:pa%2Fss@mq.example/shop?" + query));
    }

    @Test
    void queue_is_declared_with_a_queue_for_refused_messages() {
        RabbitTopology topology = topology("queue=orders");

        assertThat(topology.kind()).isEqualTo(Kind.DECLARED);
        assertThat(topology.queue()).isEqualTo("orders");
        assertThat(topology.deadLetters()).contains("orders.dead");
        assertThat(topology.binding()).isEmpty();
    }

    @Test
    void topic_exchange_is_bound_with_every_key_by_default() {
        assertThat(topology("queue=orders&exchange=shop&exchange-type=topic")
                        .binding()
                        .orElseThrow()
                        .keys())
                .containsExactly("#");
        assertThat(topology("queue=orders&exchange=shop&exchange-type=direct&keys=created;paid")
                        .binding()
                        .orElseThrow()
                        .keys())
                .containsExactly("created", "paid");
        assertThat(topology("queue=orders&exchange=shop&exchange-type=fanout")
                        .binding()
                        .orElseThrow()
                        .keys())
                .isEqualTo(List.of(""));
    }

    @Test
    void ephemeral_queue_has_no_dead_letters_by_default() {
        RabbitTopology topology = topology("exchange=shop&exchange-type=fanout&ephemeral=true");

        assertThat(topology.kind()).isEqualTo(Kind.EPHEMERAL);
        assertThat(topology.deadLetters()).isEmpty();
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            exchange=shop&exchange-type=topic                        | parameter queue: must be given
            queue=q&exchange=shop                                    | parameter exchange-type: must be given
            queue=q&exchange=shop&exchange-type=headers              | must be fanout, topic or direct
            queue=q&exchange=shop&exchange-type=direct               | needs the exact routing keys
            queue=q&exchange=shop&exchange-type=direct&keys=%23      | needs the exact routing keys
            queue=q&exchange=shop&exchange-type=fanout&keys=a        | a fanout exchange ignores keys
            queue=q&keys=a                                           | need the parameter exchange
            queue=q&existing=true&exchange=shop&exchange-type=fanout | an existing queue is not bound
            queue=q&ephemeral=true                                   | needs an exchange
            queue=q&existing=yes                                     | must be true or false
            """)
    void mode_that_would_deliver_nothing_is_refused(String query, String rule) {
        assertThatThrownBy(() -> topology(query.strip()))
                .isInstanceOf(ConfigException.class)
                .hasMessageContaining(rule)
                .hasMessageNotContaining("pa/ss")
                .hasMessageNotContaining("pa%2Fss");
    }

    @Test
    void message_has_the_id_the_time_and_the_texts_of_its_properties() {
        AMQP.BasicProperties properties = new AMQP.BasicProperties.Builder()
                .messageId("order-7")
                .timestamp(Date.from(Instant.ofEpochSecond(5)))
                .headers(Map.of("carillon-scope", "user:42", "count", 3, "list", List.of("x")))
                .build();

        SourceMessage message =
                RabbitSession.message(new Envelope(9, true, "shop", "created"), properties, new byte[] {1});

        assertThat(message.number()).isEqualTo(9);
        assertThat(message.id()).isEqualTo("order-7");
        assertThat(message.key()).isEqualTo("created");
        assertThat(message.time()).isEqualTo(Instant.ofEpochSecond(5));
        assertThat(message.redelivered()).isTrue();
        assertThat(message.headers()).isEqualTo(Map.of("carillon-scope", "user:42", "count", "3"));
    }
}
