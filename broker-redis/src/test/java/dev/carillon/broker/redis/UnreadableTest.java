package dev.carillon.broker.redis;

import static org.assertj.core.api.Assertions.assertThat;

import dev.carillon.broker.Chain;
import dev.carillon.broker.Page;
import dev.carillon.broker.UnreadableException;
import dev.carillon.broker.redis.script.Frames;
import dev.carillon.broker.redis.script.ScriptReply;
import dev.carillon.scope.Position;
import dev.carillon.scope.Scope;
import dev.carillon.scope.Tenant;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionStage;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Replies that no known script gives, as any writer at the server could cause them. */
class UnreadableTest {
    static Stream<List<Object>> answers() {
        return Stream.of(
                List.of(),
                List.of("ok"),
                List.of(bytes("ok"), 1L),
                List.of(bytes("ok"), bytes("1"), 2L, 3L, 0L, 0L),
                List.of(bytes("ok"), -1L, 2L, 3L, 0L, 0L),
                Arrays.asList(bytes("ok"), null, 2L, 3L, 0L, 0L));
    }

    @ParameterizedTest
    @MethodSource("answers")
    void malformed_answer_fails_as_unreadable(List<Object> parts) {
        for (List<Scope> scopes : List.of(List.<Scope>of(), List.of(Scope.topic("a")))) {
            CompletionStage<Page> page = TestReplies.page(() -> parts, scopes);

            assertThat(page).isCompletedExceptionally();
            assertThat(Failures.of(page.toCompletableFuture().exceptionNow()))
                    .isInstanceOf(UnreadableException.class)
                    .hasMessageContaining("the broker returned an answer that cannot be decoded");
        }
    }

    @Test
    void missing_events_are_not_requested_forever() {
        List<Object> index = List.of(bytes("ok"), 7L, 2L, 3L, 0L, 0L, 0L, List.of(1L, 2L));
        Iterator<List<Object>> replies = List.of(index).iterator();
        CompletionStage<Page> page = TestReplies.page(
                () -> replies.hasNext() ? replies.next() : List.of(bytes("ok")), List.of(Scope.topic("a")));

        assertThat(page).isCompletedExceptionally();
        assertThat(Failures.of(page.toCompletableFuture().exceptionNow())).isInstanceOf(UnreadableException.class);
    }

    @Test
    void unreadable_value_is_skipped_in_a_list() {
        byte[] stored = ByteBuffer.allocate(9).putLong(7).put((byte) 1).array();
        ScriptReply reply = new ScriptReply(List.of(
                bytes("short"), new byte[3], bytes("a"), stored, bytes("control\n"), stored, bytes(""), stored));

        assertThat(RedisStore.entries(Tenant.DEFAULT, "kind", reply))
                .extracting(entry -> entry.key().name())
                .containsExactly("a");
    }

    @Test
    void unreadable_head_does_not_affect_other_chains() {
        Map<Chain, Position> heads = new HashMap<>();
        RedisLog.head(heads, new Chain(Tenant.DEFAULT, "a"), bytes("1:2"));
        RedisLog.head(heads, new Chain(Tenant.DEFAULT, "b"), bytes("1:2:3"));

        assertThat(heads).containsOnlyKeys(new Chain(Tenant.DEFAULT, "b"));
    }

    @Test
    void frame_shorter_than_its_link_is_not_a_duplicate() {
        byte[] frame = new byte[20];

        for (int length = 0; length < 8; length++) {
            assertThat(Frames.sameEvent(frame, Arrays.copyOf(frame, length))).isFalse();
        }
        assertThat(Frames.sameEvent(frame, frame.clone())).isTrue();
    }

    @Test
    void position_of_a_generated_id_is_known_although_its_event_is_unreadable() {
        Position at = new Position(1, 2, 0);

        assertThat(RedisLog.generated(new ScriptReply(List.of(bytes("ok"), 1L, bytes("no event"))), at))
                .containsExactly(at);
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
