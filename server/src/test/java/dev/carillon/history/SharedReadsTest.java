package dev.carillon.history;

import static org.assertj.core.api.Assertions.assertThat;

import dev.carillon.broker.Chain;
import dev.carillon.broker.Durability;
import dev.carillon.broker.Epoch;
import dev.carillon.broker.IdLookup;
import dev.carillon.broker.Interest;
import dev.carillon.broker.Log;
import dev.carillon.broker.Page;
import dev.carillon.limits.MemoryBudget;
import dev.carillon.scope.Position;
import dev.carillon.scope.Scope;
import dev.carillon.scope.Tenant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.junit.jupiter.api.Test;

/** Sharing of log reads among clients that need the same page at the same time. */
class SharedReadsTest {
    private static final Position AFTER = new Position(1, 256, 1);

    /** A log whose reads complete when the test calls {@link #answer}. */
    private static final class SlowLog implements Log {
        final List<CompletableFuture<Page>> requests = new ArrayList<>();

        @Override
        public CompletionStage<Page> read(Tenant tenant, Collection<Scope> scopes, Position after, int max) {
            CompletableFuture<Page> answer = new CompletableFuture<>();
            requests.add(answer);
            return answer;
        }

        void answer(boolean more) {
            requests.getLast().complete(new Page(List.of(), AFTER, more, false));
        }

        @Override
        public CompletionStage<List<Position>> find(IdLookup lookup) {
            throw new UnsupportedOperationException();
        }

        @Override
        public CompletionStage<Position> head(Tenant tenant) {
            throw new UnsupportedOperationException();
        }

        @Override
        public CompletionStage<Map<Chain, Position>> heads(Collection<Interest> interests) {
            throw new UnsupportedOperationException();
        }

        @Override
        public CompletionStage<List<Epoch>> epochs(Tenant tenant) {
            throw new UnsupportedOperationException();
        }

        @Override
        public Durability durability() {
            throw new UnsupportedOperationException();
        }
    }

    private final SlowLog log = new SlowLog();
    private final SharedReads reads = new SharedReads(log, MemoryBudget.unlimited(), System::nanoTime);

    @Test
    void a_thousand_clients_that_begin_to_buffer_one_after_another_share_two_reads() {
        List<CompletableFuture<Page>> pages = new ArrayList<>();
        for (int i = 0; i < 1_000; i++) {
            // Each begins after the running read, which may not contain the latest events.
            pages.add(read(System.nanoTime() + (i == 0 ? 0 : 1)));
        }
        assertThat(log.requests).hasSize(1);
        log.answer(false);
        assertThat(pages.stream().filter(CompletableFuture::isDone)).hasSizeLessThan(1_000);
        assertThat(log.requests).hasSize(2);
        log.answer(false);

        assertThat(pages).allMatch(CompletableFuture::isDone);
        assertThat(log.requests).hasSize(2);
    }

    @Test
    void clients_with_different_last_events_share_a_page() {
        CompletionStage<Page> _ = reads.read(Tenant.DEFAULT, SharedReads.pageStart(new Position(1, 300, 1_000)), 0);
        CompletionStage<Page> _ = reads.read(Tenant.DEFAULT, SharedReads.pageStart(new Position(1, 400, 2_000)), 0);

        assertThat(log.requests).hasSize(1);
        log.answer(true);
        // Another client comes to the next page from one that ended with a timed event.
        CompletionStage<Page> _ = reads.read(Tenant.DEFAULT, new Position(1, 512, 3_000), 0);
        CompletionStage<Page> _ = reads.read(Tenant.DEFAULT, SharedReads.pageStart(new Position(1, 600, 4_000)), 0);
        assertThat(log.requests).hasSize(2);
    }

    @Test
    void full_page_is_not_read_again_but_the_last_page_is() {
        CompletableFuture<Page> _ = read(System.nanoTime());
        log.answer(true);
        assertThat(read(System.nanoTime())).isDone();
        assertThat(log.requests).hasSize(1);

        Position last = new Position(1, 512, 1);
        CompletionStage<Page> tail = reads.read(Tenant.DEFAULT, last, System.nanoTime());
        log.answer(false);
        assertThat(tail.toCompletableFuture()).isDone();
        CompletionStage<Page> later = reads.read(Tenant.DEFAULT, last, System.nanoTime());
        assertThat(later.toCompletableFuture()).isNotDone();
        assertThat(log.requests).hasSize(3);
    }

    @Test
    void failed_read_is_repeated() {
        CompletableFuture<Page> first = read(System.nanoTime());
        log.requests.getLast().completeExceptionally(new IllegalStateException("by the test"));
        assertThat(first).isCompletedExceptionally();

        CompletableFuture<Page> second = read(0);
        log.answer(false);
        assertThat(second).isCompleted();
    }

    private CompletableFuture<Page> read(long notBeforeNanos) {
        return reads.read(Tenant.DEFAULT, AFTER, notBeforeNanos).toCompletableFuture();
    }
}
