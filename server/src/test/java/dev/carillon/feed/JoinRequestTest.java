package dev.carillon.feed;

import static org.assertj.core.api.Assertions.assertThat;

import dev.carillon.broker.Appended;
import dev.carillon.broker.Chain;
import dev.carillon.broker.Channel;
import dev.carillon.broker.Idempotency;
import dev.carillon.broker.Interest;
import dev.carillon.broker.Live;
import dev.carillon.broker.Snapshot;
import dev.carillon.scope.Event;
import dev.carillon.scope.Scope;
import dev.carillon.scope.Tenant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Tenants whose name begins with "d" have a server that is unavailable. */
class JoinRequestTest {
    private final List<List<Interest>> requests = new ArrayList<>();
    private final List<CompletableFuture<Void>> answers = new ArrayList<>();
    private final List<Interest> joined = new ArrayList<>();
    private final List<Interest> failed = new ArrayList<>();

    private final JoinRequest request = new JoinRequest(
            new Recorded(),
            tenant -> !tenant.name().startsWith("d"),
            (some, failure) -> (failure == null ? joined : failed).addAll(some));

    @Test
    void tenants_that_are_connected_are_joined_once_without_those_that_are_not() {
        CompletionStage<Void> sent = request.send(interests("a", "dead", "b"));

        assertThat(requests).containsExactlyInAnyOrder(interests("a", "b"), interests("dead"));
        answer(interests("a", "b"), null);
        answer(interests("dead"), new IllegalStateException("by the test"));
        assertThat(sent).isCompleted();
        assertThat(requests).hasSize(2);
        assertThat(joined).isEqualTo(interests("a", "b"));
        assertThat(failed).isEqualTo(interests("dead"));
    }

    @Test
    void requests_of_single_tenants_are_bounded_and_all_have_an_outcome() {
        int many = 3 * JoinRequest.MAX_CONCURRENT;
        List<Interest> all =
                interests(IntStream.range(0, many).mapToObj(i -> "t" + i).toArray(String[]::new));
        CompletionStage<Void> sent = request.send(all);
        answers.removeFirst().completeExceptionally(new IllegalStateException("by the test"));
        assertThat(answers).hasSize(JoinRequest.MAX_CONCURRENT);

        while (!answers.isEmpty()) {
            assertThat(sent.toCompletableFuture()).isNotDone();
            answers.removeFirst().complete(null);
        }

        assertThat(sent).isCompleted();
        assertThat(joined).containsExactlyInAnyOrderElementsOf(all);
    }

    private void answer(List<Interest> some, @Nullable Throwable failure) {
        CompletableFuture<Void> answer = answers.get(requests.indexOf(some));
        boolean _ = failure == null ? answer.complete(null) : answer.completeExceptionally(failure);
    }

    private static List<Interest> interests(String... tenants) {
        List<Interest> interests = new ArrayList<>();
        for (String tenant : tenants) {
            interests.add(Interest.in(new Tenant(tenant), Scope.topic("a")));
        }
        return interests;
    }

    private final class Recorded implements Channel {
        @Override
        public CompletionStage<Void> join(Collection<Interest> some) {
            requests.add(List.copyOf(some));
            CompletableFuture<Void> answer = new CompletableFuture<>();
            answers.add(answer);
            return answer;
        }

        @Override
        public CompletionStage<Void> leave(Collection<Interest> left) {
            throw new UnsupportedOperationException();
        }

        @Override
        public void listen(Consumer<Live> listener) {
            throw new UnsupportedOperationException();
        }

        @Override
        public Set<Chain> chains(Interest interest) {
            throw new UnsupportedOperationException();
        }

        @Override
        public Set<Chain> chains(Event event) {
            throw new UnsupportedOperationException();
        }

        @Override
        public CompletionStage<Appended> broadcast(Event event, Idempotency by) {
            throw new UnsupportedOperationException();
        }

        @Override
        public CompletionStage<Snapshot> snapshot(Tenant tenant, Collection<Scope> scopes) {
            throw new UnsupportedOperationException();
        }
    }
}
