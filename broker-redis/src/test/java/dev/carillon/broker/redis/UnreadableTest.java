package dev.carillon.broker.redis;

import static org.assertj.core.api.Assertions.assertThat;

import dev.carillon.broker.Chain;
import dev.carillon.broker.Page;
import dev.carillon.broker.UnreadableException;
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

/** What no script known here has answered, as one who may write at the server can make it. */
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
    void answer_of_another_form_fails_as_unreadable(List<Object> parts) {
        for (List<Scope> scopes : List.of(List.<Scope>of(), List.of(Scope.topic("a")))) {
            CompletionStage<Page> page = TestReplies.page(() -> parts, scopes);

            assertThat(page).isCompletedExceptionally();
            assertThat(Failures.of(page.toCompletableFuture().exceptionNow()))
                    .isInstanceOf(UnreadableException.class)
                    .hasMessageContaining("the broker gave an answer that cannot be read");
        }
    }

    @Test
    void events_that_never_come_are_not_asked_for_without_an_end() {
        List<Object> index = List.of(bytes("ok"), 7L, 2L, 3L, 0L, 0L, 0L, List.of(1L, 2L));
        Iterator<List<Object>> replies = List.of(index).iterator();
        CompletionStage<Page> page = TestReplies.page(
                () -> replies.hasNext() ? replies.next() : List.of(bytes("ok")), List.of(Scope.topic("a")));

        assertThat(page).isCompletedExceptionally();
        assertThat(Failures.of(page.toCompletableFuture().exceptionNow())).isInstanceOf(UnreadableException.class);
    }

    @Test
    void value_that_cannot_be_read_is_left_out_of_a_list() {
        byte[] stored = ByteBuffer.allocate(9).putLong(7).put((byte) 1).array();
        Reply reply = new Reply(List.of(
                bytes("short"), new byte[3], bytes("a"), stored, bytes("control\n"), stored, bytes(""), stored));

        assertThat(RedisStore.entries(Tenant.DEFAULT, "kind", reply))
                .extracting(entry -> entry.key().name())
                .containsExactly("a");
    }

    @Test
    void head_that_cannot_be_read_costs_no_other_chain_its_head() {
        Map<Chain, Position> heads = new HashMap<>();
        RedisLog.head(heads, new Chain(Tenant.DEFAULT, "a"), bytes("1:2"));
        RedisLog.head(heads, new Chain(Tenant.DEFAULT, "b"), bytes("1:2:3"));

        assertThat(heads).containsOnlyKeys(new Chain(Tenant.DEFAULT, "b"));
    }

    @Test
    void frame_shorter_than_its_link_is_no_copy_of_another() {
        byte[] frame = new byte[20];

        for (int length = 0; length < 8; length++) {
            assertThat(Frames.copies(frame, Arrays.copyOf(frame, length))).isFalse();
        }
        assertThat(Frames.copies(frame, frame.clone())).isTrue();
    }

    @Test
    void place_of_a_generated_id_is_known_though_its_event_cannot_be_read() {
        Position at = new Position(1, 2, 0);

        assertThat(RedisLog.generated(new Reply(List.of(bytes("ok"), 1L, bytes("no event"))), at))
                .containsExactly(at);
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
