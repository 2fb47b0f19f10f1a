package dev.carillon.examples.lightshow;

import static org.assertj.core.api.Assertions.assertThat;

import dev.carillon.base.Platform;
import dev.carillon.broadcast.Broadcaster;
import dev.carillon.broadcast.EventHandler;
import dev.carillon.broker.BrokerUnavailableException;
import dev.carillon.broker.Health;
import dev.carillon.broker.Store;
import dev.carillon.extension.BodyHandler;
import dev.carillon.extension.BrowserSession;
import dev.carillon.extension.CallHandler;
import dev.carillon.extension.ClientContexts;
import dev.carillon.extension.ExtensionContext;
import dev.carillon.extension.RequestHandler;
import dev.carillon.extension.StreamHandler;
import dev.carillon.scope.Event;
import dev.carillon.scope.Scope;
import dev.carillon.scope.Tenant;
import dev.carillon.session.SessionData;
import io.micrometer.core.instrument.MeterRegistry;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;
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
    private record FakeNode(Store store) implements ExtensionContext {
        @Override
        public String nodeId() {
            return "n1";
        }

        @Override
        public SessionData sessionData() {
            throw new UnsupportedOperationException();
        }

        @Override
        public int streams(Tenant tenant, Scope scope) {
            return tenant.equals(Tenant.DEFAULT) && scope.equals(Scope.route("/lightshow")) ? 7 : 0;
        }

        @Override
        public void route(String method, String path, RequestHandler handler) {
            throw new UnsupportedOperationException();
        }

        @Override
        public void postStreamed(String path, BodyHandler handler) {
            throw new UnsupportedOperationException();
        }

        @Override
        public void notFound(String prefix, RequestHandler handler) {
            throw new UnsupportedOperationException();
        }

        @Override
        public String basePath() {
            return "";
        }

        @Override
        public List<String> frameAncestors() {
            return List.of();
        }

        @Override
        public BrowserSession newSession(@Nullable String user) {
            throw new UnsupportedOperationException();
        }

        @Override
        public void stream(String path, StreamHandler handler) {
            throw new UnsupportedOperationException();
        }

        @Override
        public void startPageLink(String path, String text) {
            throw new UnsupportedOperationException();
        }

        @Override
        public void file(String path, Class<?> near, String file) {
            throw new UnsupportedOperationException();
        }

        @Override
        public void deliverHere(Event event) {
            throw new UnsupportedOperationException();
        }

        @Override
        public ClientContexts contexts() {
            throw new UnsupportedOperationException();
        }

        @Override
        public Health health() {
            throw new UnsupportedOperationException();
        }

        @Override
        public MeterRegistry metrics() {
            throw new UnsupportedOperationException();
        }

        @Override
        public Platform platform() {
            throw new UnsupportedOperationException();
        }

        @Override
        public void onCall(String name, CallHandler handler) {
            throw new UnsupportedOperationException();
        }

        @Override
        public CompletionStage<Optional<String>> callOwner(Tenant tenant, String context, String name, String body) {
            throw new UnsupportedOperationException();
        }

        @Override
        public Broadcaster broadcaster() {
            throw new UnsupportedOperationException();
        }

        @Override
        public CompletionStage<AutoCloseable> listen(Tenant tenant, Collection<Scope> scopes, EventHandler handler) {
            throw new UnsupportedOperationException();
        }
    }
}
