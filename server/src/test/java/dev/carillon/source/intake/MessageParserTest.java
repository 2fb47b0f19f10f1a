package dev.carillon.source.intake;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.carillon.broker.Idempotency;
import dev.carillon.scope.Event;
import dev.carillon.scope.Scope;
import dev.carillon.source.SourceMessage;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class MessageParserTest {
    private static MessageParser.Parsed parse(String query, SourceMessage message) {
        return new MessageParser(TestSource.config(query), true).parse(message, "s");
    }

    private static Event event(String query, String body) {
        return parse(query, TestSource.message(1, "m-1", body)).broadcast().event();
    }

    private static SourceMessage with(Map<String, String> headers, String body) {
        return new SourceMessage(1, "m-1", "orders", headers, body.getBytes(StandardCharsets.UTF_8), null, false);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
            {"scope":"user:42","data":{"a":1}}             | user:42      | {"a":1}
            {"send_to_all":true,"data":{"a":1.50}}         | global       | {"a":1.50}
            {"action":"send_to_all","payload":[1,2]}       | global       | [1,2]
            {"command":"send_to_all","message":"hi"}       | global       | "hi"
            {"type":"send_to_all","text":"hi","n":1}       | global       | {"text":"hi","n":1}
            {"send_to_all":false,"a":1}                    | topic:orders | {"send_to_all":false,"a":1}
            {"order":7}                                    | topic:orders | {"order":7}
            [1,2]                                          | topic:orders | [1,2]
            {"order":                                      | topic:orders | {"order":
            plain text                                     | topic:orders | plain text
            42                                             | topic:orders | 42
            """)
    void body_says_what_is_broadcast_to_whom(String body, String scope, String data) {
        Event event = event("queue=x", body.strip());

        assertThat(event.scopes()).containsExactly(Scope.parse(scope.strip()));
        assertThat(event.data()).isEqualTo(data.strip());
    }

    @Test
    void header_names_the_scope_and_the_type_and_the_body_is_then_data() {
        Event event = parse(
                        "scope-header=to&type=order",
                        with(Map.of("to", "user:7", "carillon-type", "paid"), "{\"scope\":\"global\"}"))
                .broadcast()
                .event();

        assertThat(event.scopes()).containsExactly(Scope.user("7"));
        assertThat(event.type()).isEqualTo("paid");
        assertThat(event.data()).isEqualTo("{\"scope\":\"global\"}");
        assertThat(event("type=order", "x").type()).isEqualTo("order");
    }

    @Test
    void scope_of_the_source_may_contain_the_key_or_be_it() {
        assertThat(event("scope=global", "x").scopes()).containsExactly(Scope.GLOBAL);
        assertThat(event("scope=topic:shop/%7Bkey%7D", "x").scopes()).containsExactly(Scope.topic("shop/orders"));
        SourceMessage personal = new SourceMessage(1, null, "user:42", Map.of(), new byte[] {'x'}, null, false);
        assertThat(parse("scope=%7Bkey%7D", personal).broadcast().event().scopes())
                .containsExactly(Scope.user("42"));
    }

    @Test
    void format_fixes_what_a_body_is() {
        assertThat(event("format=data", "{\"scope\":\"user:1\"}").scopes()).containsExactly(Scope.topic("orders"));
        assertThatThrownBy(() -> event("format=broadcast", "{\"order\":7}"))
                .isInstanceOf(RefusedMessageException.class);
    }

    @Test
    void id_of_a_message_is_the_id_of_its_event_and_its_key() {
        MessageParser.Parsed parsed = parse("name=q", TestSource.message(1, "m-1", "x"));
        assertThat(parsed.isIdOfMessage()).isTrue();
        assertThat(parsed.broadcast().event().id()).isEqualTo("m-1");
        assertThat(parsed.broadcast().by()).isEqualTo(Idempotency.key("q/m-1"));

        MessageParser.Parsed own =
                parse("name=q", TestSource.message(1, "m-1", "{\"scope\":\"global\",\"id\":\"e-1\"}"));
        assertThat(own.isIdOfMessage()).isFalse();
        assertThat(own.broadcast().event().id()).isEqualTo("e-1");

        MessageParser.Parsed odd = parse("name=q", TestSource.message(1, "#ü" + "x".repeat(300), "x"));
        assertThat(odd.isIdOfMessage()).isFalse();
        assertThat(((Idempotency.Key) odd.broadcast().by()).key())
                .startsWith("q/")
                .hasSizeLessThan(30);

        MessageParser.Parsed without =
                parse("name=q", new SourceMessage(9, null, "orders", Map.of(), new byte[] {'x'}, null, false));
        assertThat(without.broadcast().by()).isEqualTo(Idempotency.key("q/s/9"));
        assertThat(without.broadcast().event().id()).isNull();
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
            {"scope":"nowhere","data":1}             | scope "nowhere"
            {"scope":"user:1","privat":true}         | member "privat": is unknown
            {"scope":"user:1","type":"carillon.gap"} | reserved
            """)
    void message_that_can_never_be_an_event_is_refused_with_the_reason(String body, String reason) {
        assertThatThrownBy(() -> event("queue=x", body.strip()))
                .isInstanceOf(RefusedMessageException.class)
                .hasMessageContaining(reason);
    }

    @Test
    void bytes_that_are_no_text_a_message_without_a_scope_and_one_that_is_too_large_are_refused() {
        assertThatThrownBy(() -> parse(
                        "queue=x", new SourceMessage(1, null, "k", Map.of(), new byte[] {(byte) 0xff}, null, false)))
                .hasMessageContaining("UTF-8");
        assertThatThrownBy(() ->
                        parse("queue=x", new SourceMessage(1, null, null, Map.of(), new byte[] {'x'}, null, false)))
                .hasMessageContaining("has no scope");
        assertThatThrownBy(() -> event("queue=x", "x".repeat(Event.MAX_DATA_BYTES + 1)))
                .isInstanceOf(RefusedMessageException.class)
                .hasMessageContaining("at most");
    }

    @Test
    void trace_context_of_a_message_is_that_of_its_event() {
        String context = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

        assertThat(parse("queue=x", with(Map.of("traceparent", context), "x"))
                        .broadcast()
                        .event()
                        .traceparent())
                .isEqualTo(context);
        assertThat(parse("queue=x", with(Map.of("traceparent", "broken"), "x"))
                        .broadcast()
                        .event()
                        .traceparent())
                .isNull();
    }
}
