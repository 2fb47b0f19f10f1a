package dev.carillon.examples.lightshow;

import static org.assertj.core.api.Assertions.assertThat;

import dev.carillon.broker.BrokerUnavailableException;
import dev.carillon.broker.Store;
import dev.carillon.extension.StubExtensionContext;
import dev.carillon.scope.Scope;
import dev.carillon.scope.Tenant;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

class PhoneCountsTest {
    private final FailingStore store = new FailingStore();

    @Test
    void a_store_that_fails_is_tried_again() {
        try (PhoneCounts _ = new PhoneCounts(new FakeNode(store), Duration.ofMillis(5))) {
            Awaitility.await().until(() -> store.written.size() >= 2);

            assertThat(store.written).startsWith("7", "7");
            assertThat(store.tries).hasValueGreaterThanOrEqualTo(4);
        }
    }

    @Test
    void records_of_another_release_are_ignored_and_n2_precedes_n10() {
        try (PhoneCounts counts = new PhoneCounts(new FakeNode(store), Duration.ofHours(1))) {
            store.listed.add(entry("n10", "3"));
            store.listed.add(entry("n2", "4"));
            store.listed.add(entry("n3", "{}"));

            assertThat(counts.list().toCompletableFuture().join())
                    .containsExactly(new PhoneCounts.Count("n2", 4), new PhoneCounts.Count("n10", 3));
        }
    }

    private static Store.Entry entry(String node, String value) {
        return new Store.Entry(
                new Store.Key(Tenant.DEFAULT, "lightshow-phones", node), value.getBytes(StandardCharsets.UTF_8), 1);
    }

    /** Its first writing fails, and its second by an exception. */
    private static final class FailingStore implements Store {
        final AtomicInteger tries = new AtomicInteger();
        final List<String> written = new CopyOnWriteArrayList<>();
        final List<Entry> listed = new ArrayList<>();

        @Override
        public CompletionStage<Optional<Long>> put(Key key, byte[] value, long expectedRevision, Duration ttl) {
            return switch (tries.incrementAndGet()) {
                case 1 -> CompletableFuture.failedFuture(new BrokerUnavailableException("away"));
                case 2 -> throw new BrokerUnavailableException("away");
                default -> {
                    written.add(new String(value, StandardCharsets.UTF_8));
                    yield CompletableFuture.completedFuture(Optional.of(1L));
                }
            };
        }

        @Override
        public CompletionStage<List<Entry>> list(Tenant tenant, String kind) {
            return CompletableFuture.completedFuture(listed);
        }

        @Override
        public CompletionStage<Boolean> remove(Key key, long expectedRevision) {
            return CompletableFuture.completedFuture(true);
        }

        @Override
        public CompletionStage<Optional<Entry>> get(Key key) {
            throw new UnsupportedOperationException();
        }

        @Override
        public CompletionStage<AutoCloseable> watch(Tenant tenant, String kind, Consumer<Change> listener) {
            throw new UnsupportedOperationException();
        }
    }

    /** With seven phones. */
    private static final class FakeNode extends StubExtensionContext {
        private final Store store;

        FakeNode(Store store) {
            this.store = store;
        }

        @Override
        public String nodeId() {
            return "n1";
        }

        @Override
        public Store store() {
            return store;
        }

        @Override
        public int streams(Tenant tenant, Scope scope) {
            return tenant.equals(Tenant.DEFAULT) && scope.equals(Scope.route("/lightshow")) ? 7 : 0;
        }
    }
}
