package dev.carillon.console;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.carillon.base.Platform;
import dev.carillon.broker.Broker;
import dev.carillon.broker.BrokerOptions;
import dev.carillon.broker.Brokers;
import dev.carillon.cluster.CallSigner;
import dev.carillon.cluster.Control;
import dev.carillon.cluster.NodeActions;
import dev.carillon.cluster.NodeCalls;
import dev.carillon.cluster.NodeRecord;
import dev.carillon.cluster.NodeRegistry;
import dev.carillon.secret.Secrets;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.lang.reflect.Proxy;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What consoles receive of nodes that answer and of one that does not. */
class ClusterViewTest {
    private final AtomicLong now = new AtomicLong(System.nanoTime());
    private final Secrets secrets = Secrets.random(new SecureRandom());
    private final Broker broker = Brokers.open("memory://cluster-view", BrokerOptions.of("own"));
    private final NodeCalls calls = new NodeCalls(
            new CallSigner(secrets, new CallSigner.NodeIdentity("own", 1), Instant::now, new SecureRandom()),
            new SimpleMeterRegistry(),
            Platform.system());
    private final OccurrenceLog happened = new OccurrenceLog(() -> Instant.ofEpochMilli(1_000));

    @SuppressWarnings("NullAway.Init")
    private NodeRegistry registry;

    @SuppressWarnings("NullAway.Init")
    private ClusterView view;

    @BeforeEach
    void open() {
        registry = enter("own");
        view = new ClusterView(
                new Control(
                        registry,
                        new CallSigner.NodeIdentity("own", registry.generation()),
                        calls,
                        actions(),
                        Platform.system().nanoTime(now::get)),
                "own",
                Instant::now,
                now::get);
    }

    @AfterEach
    void close() {
        calls.close();
        broker.close();
    }

    private NodeRegistry enter(String id) {
        return NodeRegistry.register(
                broker.store(),
                1,
                new NodeRegistry.Registration(
                        id,
                        generation -> new NodeRecord(id, generation, Optional.empty(), 0, 0),
                        () -> true,
                        now::get));
    }

    /** Describes itself with what has happened, and does nothing else. */
    private NodeActions actions() {
        return (NodeActions) Proxy.newProxyInstance(
                NodeActions.class.getClassLoader(), new Class<?>[] {NodeActions.class}, (x, method, arguments) -> {
                    if (!method.getName().equals("observe")) {
                        throw new UnsupportedOperationException(method.getName());
                    }
                    ObjectNode json = JsonNodeFactory.instance.objectNode().put("node", "own");
                    json.putObject("hour").put("asked", (boolean) arguments[0]);
                    happened.last(10)
                            .forEach(each -> json.withArray("occurrences").add(each.json()));
                    return json;
                });
    }

    private JsonNode node(String id) {
        for (JsonNode each : view.frame().path("nodes")) {
            if (each.path("node").asText().equals(id)) {
                return each;
            }
        }
        throw new AssertionError(id);
    }

    @Test
    void node_that_does_not_answer_is_shown_as_silent_and_delays_no_other() {
        enter("other");
        registry.tick().toCompletableFuture().join();
        view.ask();
        now.addAndGet(Duration.ofSeconds(5).toNanos());
        view.ask();

        assertThat(node("own").has("silentSeconds")).isFalse();
        assertThat(node("other").path("silentSeconds").asInt()).isGreaterThanOrEqualTo(5);
        assertThat(node("other").path("problem").asText()).isNotEmpty();
    }

    @Test
    void feed_is_sent_when_something_has_happened_or_a_console_needs_it() {
        happened.note("a", "a", "first");
        view.ask();
        assertThat(view.frame().path("feed").findValuesAsText("text")).containsExactly("first");
        view.ask();
        assertThat(view.frame().has("feed")).isFalse();

        happened.warn("b", "b", "second");
        view.ask();
        JsonNode feed = view.frame().path("feed");
        assertThat(feed).hasSize(2);
        assertThat(feed.findValuesAsText("by")).containsOnly("own");

        view.requireFeed();
        assertThat(view.frame().path("feed")).hasSize(2);
    }

    @Test
    void feed_is_bounded() {
        for (int i = 0; i < 1_000; i++) {
            happened.note("kind", "subject " + i, "text " + i);
            if (i % 5 == 0) {
                view.ask();
            }
        }
        view.ask();

        assertThat(view.frame().path("feed")).hasSize(60);
        view.clear();
        assertThat(view.frame().path("feed")).isEmpty();
    }

    @Test
    void hour_is_asked_of_each_node_once_for_consoles_that_open_together() {
        enter("other");
        registry.tick().toCompletableFuture().join();

        List<JsonNode> hours = List.of(
                view.hour().toCompletableFuture().join(),
                view.hour().toCompletableFuture().join());

        assertThat(hours.getFirst()).isSameAs(hours.getLast());
        assertThat(hours.getFirst().path("nodes").path(0).path("problem").asText()
                        + hours.getFirst().path("nodes").path(1).path("hour").path("asked"))
                .endsWith("true")
                .hasSizeGreaterThan("true".length());
    }
}
