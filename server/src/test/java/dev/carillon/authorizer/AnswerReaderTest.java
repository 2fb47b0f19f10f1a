package dev.carillon.authorizer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.carillon.auth.BroadcastDecision;
import dev.carillon.auth.Grants;
import dev.carillon.base.Text;
import dev.carillon.http.JsonMembers;
import dev.carillon.scope.Scope;
import java.time.Instant;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class AnswerReaderTest {
    private static JsonMembers json(String text) {
        return JsonMembers.of("answer", Text.utf8(text));
    }

    @Test
    void answer_about_a_token_has_the_grants() {
        Grants grants = AnswerReader.grants(
                json(
                        "{\"allow\":true,\"tenant\":\"acme\",\"user\":\"ann\",\"read\":[\"topic:*\"],\"broadcast\":[],\"expires_at\":1893456000,"
                                + "\"token_id\":\"t1\",\"user_data\":{\"name\":\"Ann\"},\"ask\":[\"broadcast\"]}"),
                "sha256:x");
        assertThat(grants.tenant().name()).isEqualTo("acme");
        assertThat(grants.user()).isEqualTo("ann");
        assertThat(grants.mayRead(Scope.parse("topic:a"))).isTrue();
        assertThat(grants.expiresAt()).isEqualTo(Instant.ofEpochSecond(1_893_456_000));
        assertThat(grants.userData()).isEqualTo("{\"name\":\"Ann\"}");
        assertThat(grants.asks()).containsExactly(Grants.Asked.BROADCAST);
        assertThat(id(grants)).isEqualTo("t1");
        assertThat(id(AnswerReader.grants(json("{\"allow\":true}"), "sha256:x")))
                .isEqualTo("sha256:x");
    }

    private static @Nullable String id(Grants grants) {
        return Objects.requireNonNull(grants.token()).id();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{}|\"allow\": is required",
                "{\"allow\":\"yes\"}|\"allow\"",
                "{\"allow\":true,\"reed\":[]}|\"reed\": is unknown",
                "{\"allow\":true,\"tenant\":\"_system\"}|tenant",
                "{\"allow\":true,\"read\":\"topic:a\"}|\"read\"",
                "{\"allow\":true,\"expires_at\":-1}|\"expires_at\": must be seconds since 1970",
                "{\"allow\":true,\"ask\":[\"write\"]}|\"ask\": must hold",
                "{\"allow\":true,\"user_data\":[]}|\"user_data\": must be an object of at most 1024 bytes",
            })
    void a_wrong_answer_about_a_token_is_refused_with_its_member_and_rule(String answer, String rule) {
        assertThatThrownBy(() -> AnswerReader.grants(json(answer), "x")).hasMessageContaining(rule);
    }

    @Test
    void token_id_has_a_bound() {
        String longest = "é".repeat(512);
        assertThat(id(AnswerReader.grants(json("{\"allow\":true,\"token_id\":\"" + longest + "\"}"), "x")))
                .isEqualTo(longest);
        assertThatThrownBy(() -> AnswerReader.grants(json("{\"allow\":true,\"token_id\":\"" + longest + "x\"}"), "x"))
                .hasMessageContaining("\"token_id\": must have at most 1024 bytes");
    }

    @Test
    void user_data_has_a_bound() {
        String data = "{\"name\":\"" + "x".repeat(1013) + "\"}";
        assertThat(data).hasSize(1_024);
        assertThat(AnswerReader.grants(json("{\"allow\":true,\"user_data\":" + data + "}"), "x")
                        .userData())
                .isEqualTo(data);
        assertThatThrownBy(() -> AnswerReader.grants(
                        json("{\"allow\":true,\"user_data\":" + data.replace("xx", "xxx") + "}"), "x"))
                .hasMessageContaining("user_data");
    }

    @Test
    void scopes_that_were_not_asked_about_are_not_allowed() {
        Set<Scope> asked = Set.of(Scope.topic("a"), Scope.topic("b"));
        assertThat(AnswerReader.readable(json("{\"allow\":[\"topic:b\",\"topic:c\"]}"), asked))
                .containsExactly(Scope.topic("b"));
        assertThat(AnswerReader.readable(json("{\"allow\":true}"), asked)).isEqualTo(asked);
        assertThat(AnswerReader.readable(json("{\"allow\":false}"), asked)).isEmpty();
    }

    @Test
    void answer_about_a_broadcast_names_up_to_10000_readers() {
        assertThat(AnswerReader.broadcast(json(readers(10_000))))
                .isInstanceOfSatisfying(
                        BroadcastDecision.AllowedTo.class,
                        to -> assertThat(to.users()).hasSize(10_000));
        assertThatThrownBy(() -> AnswerReader.broadcast(json(readers(10_001)))).hasMessageContaining("readers");
        // An empty list must not make the event public.
        assertThatThrownBy(() -> AnswerReader.broadcast(json(readers(0)))).hasMessageContaining("readers");
        assertThatThrownBy(() -> AnswerReader.broadcast(json("{\"allow\":true,\"reader\":[\"ann\"]}")))
                .hasMessageContaining("reader");
    }

    private static String readers(int number) {
        return IntStream.range(0, number)
                .mapToObj(i -> "\"u" + i + "\"")
                .collect(Collectors.joining(",", "{\"allow\":true,\"readers\":[", "]}"));
    }
}
