package dev.carillon.feed;

import static org.assertj.core.api.Assertions.assertThat;

import dev.carillon.broker.Appended;
import dev.carillon.broker.Chain;
import dev.carillon.broker.Channel;
import dev.carillon.broker.Idempotency;
import dev.carillon.broker.Interest;
import dev.carillon.broker.Live;
import dev.carillon.broker.Snapshot;
import dev.carillon.limits.MemoryBudget;
import dev.carillon.scope.Event;
import dev.carillon.scope.Scope;
import dev.carillon.scope.Tenant;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class InterestsTest {
    private static final Interest A = Interest.in(Tenant.DEFAULT, Scope.topic("a"));

    private CompletableFuture<Void> joining = CompletableFuture.completedFuture(null);
    private boolean broken;
    private final CompletableFuture<Void> leaving = new CompletableFuture<>();
    private final List<String> notified = new ArrayList<>();
    private final Interests interests = new Interests(
            new SlowToLeave(),
            tenant -> true,
            MemoryBudget.unlimited(),
            joined -> notified.add("joined"),
            left -> notified.add("left"));

    /** Events delivered during a leave are recorded by chain: forgetting the chain earlier would record it forever. */
    @Test
    void leave_is_reported_after_the_broker_has_stopped_delivery() {
        assertThat(interests.hold(List.of(A), Interests.Holder.NONE)).isCompleted();
        interests.release(List.of(A), Interests.Holder.NONE);
        interests.sweep();
        interests.sweep();
        assertThat(notified).containsExactly("joined");

        leaving.complete(null);

        assertThat(notified).containsExactly("joined", "left");
    }

    @Test
    void memory_is_charged_until_the_last_release_and_the_leave() {
        MemoryBudget budget = new MemoryBudget(2 * 1_000, new SimpleMeterRegistry());
        Interests charged = new Interests(new SlowToLeave(), tenant -> true, budget, joined -> {}, left -> {});
        Interests.Holder first = new Interests.Holder(1, 100);
        Interests.Holder second = new Interests.Holder(2, 10);
        assertThat(charged.hold(List.of(A), first)).isCompleted();
        long scope = InterestBytes.perInterest(A);
        assertThat(budget.used()).isEqualTo(100 + scope);
        assertThat(charged.hold(List.of(A), second)).isCompleted();
        assertThat(charged.hold(List.of(A), new Interests.Holder(2, 1_000))).isCompletedExceptionally();
        assertThat(charged.referenceCount(A)).isEqualTo(2);

        charged.release(List.of(A), first);
        charged.release(List.of(A), second);
        assertThat(budget.used()).isEqualTo(scope);
        charged.sweep();
        charged.sweep();
        leaving.complete(null);

        assertThat(budget.used()).isZero();
    }

    @Test
    void join_during_a_leave_is_reported_after_it() {
        interests.hold(List.of(A), Interests.Holder.NONE);
        interests.release(List.of(A), Interests.Holder.NONE);
        interests.sweep();
        interests.sweep();
        CompletionStage<Void> again = interests.hold(List.of(A), Interests.Holder.NONE);
        assertThat(again.toCompletableFuture()).isNotDone();

        leaving.completeExceptionally(new IllegalStateException("unavailable, by the test"));

        assertThat(again).isCompleted();
        assertThat(notified).containsExactly("joined", "left", "joined");
    }

    /** While many interests are joined, an exchange is always in flight. */
    @Test
    void sweeps_during_a_join_leave_after_it() {
        interests.hold(List.of(A), Interests.Holder.NONE);
        interests.release(List.of(A), Interests.Holder.NONE);
        joining = new CompletableFuture<>();
        interests.hold(List.of(Interest.in(Tenant.DEFAULT, Scope.topic("b"))), Interests.Holder.NONE);
        leaving.complete(null);
        interests.sweep();
        interests.sweep();
        assertThat(notified).containsExactly("joined");

        joining.complete(null);

        assertThat(notified).containsExactly("joined", "joined", "left");
        assertThat(interests.referenceCount(A)).isZero();
        assertThat(interests.joined()).doesNotContain(A);
    }

    @Test
    void failed_hold_does_not_affect_a_later_one() {
        Interest b = Interest.in(Tenant.DEFAULT, Scope.topic("b"));
        CompletableFuture<Void> first = new CompletableFuture<>();
        CompletableFuture<Void> second = new CompletableFuture<>();
        joining = first;
        CompletionStage<Void> alone = interests.hold(List.of(A), Interests.Holder.NONE);
        CompletionStage<Void> failing = interests.hold(List.of(A, b), Interests.Holder.NONE);
        joining = second;
        first.completeExceptionally(new IllegalStateException("the test's"));
        assertThat(alone).isCompletedExceptionally();
        joining = CompletableFuture.completedFuture(null);

        CompletionStage<Void> anew = interests.hold(List.of(A), Interests.Holder.NONE);
        second.complete(null);

        assertThat(failing).isCompletedExceptionally();
        assertThat(anew).isCompleted();
        assertThat(interests.referenceCount(A)).isEqualTo(1);
        assertThat(interests.referenceCount(b)).isZero();
    }

    @Test
    void exception_of_the_broker_or_of_the_listener_keeps_no_later_interest_from_being_joined() {
        Interest b = Interest.in(Tenant.DEFAULT, Scope.topic("b"));
        Interest c = Interest.in(Tenant.DEFAULT, Scope.topic("c"));
        Interests failing = new Interests(
                new SlowToLeave(),
                tenant -> true,
                MemoryBudget.unlimited(),
                joined -> {
                    throw new IllegalStateException("the test's");
                },
                left -> {});
        broken = true;
        assertThat(failing.hold(List.of(A), Interests.Holder.NONE)).isCompletedExceptionally();
        broken = false;

        assertThat(failing.hold(List.of(b), Interests.Holder.NONE)).isCompleted();
        assertThat(failing.hold(List.of(c), Interests.Holder.NONE)).isCompleted();
        assertThat(failing.joined()).containsExactlyInAnyOrder(b, c);
    }

    @Test
    void one_sweep_leaves_all_idle_interests() {
        List<Interest> many = IntStream.range(0, 25_000)
                .mapToObj(i -> Interest.in(Tenant.DEFAULT, Scope.topic("t" + i)))
                .toList();
        interests.hold(many, Interests.Holder.NONE);
        interests.release(many, Interests.Holder.NONE);
        leaving.complete(null);
        interests.sweep();
        assertThat(interests.joined()).hasSize(25_000);
        interests.sweep();

        assertThat(interests.joined()).isEmpty();
        assertThat(notified).filteredOn("left"::equals).hasSize(3);
    }

    /** Joins at once, unless a test overrides it. */
    private final class SlowToLeave implements Channel {
        @Override
        public CompletionStage<Void> join(Collection<Interest> joined) {
            if (broken) {
                throw new IllegalStateException("the test's");
            }
            return joining;
        }

        @Override
        public CompletionStage<Void> leave(Collection<Interest> left) {
            return leaving;
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
