package dev.carillon.broker.nats;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.InstanceOfAssertFactories.LIST;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import dev.carillon.base.ErrorCode;
import dev.carillon.broker.UnreadableException;
import dev.carillon.broker.nats.connection.Failures;
import dev.carillon.broker.nats.connection.NatsApi;
import dev.carillon.broker.nats.connection.StoredMessage;
import dev.carillon.broker.nats.log.Epochs;
import dev.carillon.broker.nats.log.IdIndex;
import dev.carillon.broker.nats.log.LiveReceiver;
import dev.carillon.broker.nats.store.StoredValue;
import dev.carillon.scope.Tenant;
import io.nats.client.Message;
import io.nats.client.impl.Headers;
import io.nats.client.impl.NatsMessage;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.slf4j.LoggerFactory;

/** Data that no known release writes, as any writer at the server could create them. */
class UnreadableTest {
    @ParameterizedTest
    @ValueSource(
            strings = {"", "x", "[]", "null", "{\"streams\":[1]}", "{\"seq\":-5,\"stream\":\"S\"}", "{\"config\":1}"})
    void unreadable_jetstream_answer_fails_as_broker_unavailable_with_a_reason(String json) {
        Message answer = NatsMessage.builder().subject("inbox").data(json).build();
        NatsApi api = new NatsApi(TestAnswers.connection(answer), TestAnswers.limit(), 1);

        assertFailsAsBroker(api.publish("s", new Headers(), new byte[0], NatsApi.ANY_SEQUENCE));
        assertFailsAsBroker(api.info("S"));
        assertFailsAsBroker(api.update(TestAnswers.stream()));
        assertFailsAsBroker(api.pending("S", "c"));
        assertFailsAsBroker(api.last("S", "s"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "x", "[]", "null", "{\"streams\":[1]}", "{\"streams\":[null]}"})
    void unreadable_list_of_streams_is_empty_or_fails_as_broker_unavailable(String json) {
        Message answer = NatsMessage.builder().subject("inbox").data(json).build();
        CompletableFuture<?> streams = new NatsApi(TestAnswers.connection(answer), TestAnswers.limit(), 1).streams(">");

        if (streams.isCompletedExceptionally()) {
            assertFailsAsBroker(streams);
        } else {
            assertThat(streams.resultNow()).asInstanceOf(LIST).isEmpty();
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"1", "1 2", "1 2 3 s", "x 2 3 s c", "1 5 3 s c", "-1 0 3 s c", "281474976710656 0 3 s c", "\n1 2"
            })
    void record_of_epochs_with_a_missing_or_invalid_field_is_refused(String text) {
        assertThatThrownBy(() -> Epochs.decode(text.getBytes(StandardCharsets.UTF_8)))
                .isInstanceOf(UnreadableException.class);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"", "t", "t d", "t d ?", "t d 1:2 topic:a", "t d -1:0:0 topic:a", "t d ? nothing", "t d - tab:"})
    void malformed_note_of_an_id_is_refused(String text) {
        assertThatThrownBy(() -> IdIndex.Note.of(stored(text.getBytes(StandardCharsets.UTF_8), null)))
                .isInstanceOf(UnreadableException.class);
    }

    @Test
    void value_of_the_store_shorter_than_its_length_is_refused() {
        for (byte[] data : new byte[][] {{}, {0}, {0, 2, 'a'}, {(byte) 0xFF, (byte) 0xFF, 'a'}}) {
            assertThatThrownBy(() -> StoredValue.of(stored(data, null))).isInstanceOf(UnreadableException.class);
        }
        assertThatThrownBy(() -> StoredValue.of(stored(new byte[2], null)).key(Tenant.DEFAULT, "kind"))
                .isInstanceOf(UnreadableException.class);
        assertThatThrownBy(() -> StoredValue.ttl(stored(new byte[2], new Headers().put("Carillon-Ttl", "soon"))))
                .isInstanceOf(UnreadableException.class);
    }

    @Test
    void unreadable_live_message_is_skipped_and_logged_in_one_line() {
        ListAppender<ILoggingEvent> log = new ListAppender<>();
        Logger logger = (Logger) LoggerFactory.getLogger(LiveReceiver.class);
        log.start();
        logger.addAppender(log);
        try {
            LiveReceiver feed = TestAnswers.feed();
            feed.receive(
                    NatsMessage.builder().subject("carillon.live.default.k").build());
            feed.receive(NatsMessage.builder()
                    .subject("carillon.live.default.k")
                    .headers(new Headers().put("Nats-Subject", "k").put("Nats-Sequence", "x"))
                    .build());
        } finally {
            logger.detachAppender(log);
        }
        assertThat(log.list).hasSize(2).allSatisfy(line -> {
            assertThat(line.getThrowableProxy()).isNull();
            assertThat(line.getFormattedMessage()).isEqualTo("skipped a live message that is not an event");
        });
    }

    private static StoredMessage stored(byte[] data, @Nullable Headers headers) {
        return new StoredMessage("s", 1, 2, headers, data);
    }

    private static void assertFailsAsBroker(CompletableFuture<?> answer) {
        assertThat(answer).isCompletedExceptionally();
        assertThat(Failures.toBrokerFailure(answer.exceptionNow()))
                .satisfies(e -> assertThat(e.code()).isEqualTo(ErrorCode.BROKER_UNAVAILABLE))
                .message()
                .matches("NATS refused: .*|the broker returned .* that cannot be decoded \\(\\w+\\)");
    }
}
