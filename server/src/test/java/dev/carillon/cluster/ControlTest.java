package dev.carillon.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.carillon.base.CarillonException;
import dev.carillon.base.ErrorCode;
import dev.carillon.base.Platform;
import dev.carillon.broker.Broker;
import dev.carillon.broker.BrokerOptions;
import dev.carillon.broker.Brokers;
import dev.carillon.scope.Tenant;
import dev.carillon.secret.Secrets;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Rounds over the nodes of the registry; the other nodes have no address, so they cannot be called. */
class ControlTest {
    private static final ControlMessage.Disconnect MESSAGE = new ControlMessage.Disconnect(Tenant.DEFAULT, "A");

    private final Broker broker = Brokers.open("memory://control-test", BrokerOptions.of("n"));
    private final AtomicLong now = new AtomicLong();
    private final AtomicInteger healthAsked = new AtomicInteger();
    /** Every time limit expires at once. */
    private final ScheduledThreadPoolExecutor impatient = new ScheduledThreadPoolExecutor(1) {
        @Override
        public ScheduledFuture<?> schedule(Runnable task, long delay, TimeUnit unit) {
            return super.schedule(task, 0, unit);
        }
    };

    private final NodeCalls calls = new NodeCalls(
            new CallSigner(
                    new Secrets(List.of("a secret of the tests")),
                    new CallSigner.NodeIdentity("own", 1),
                    InstantSource.system(),
                    new SecureRandom()),
            new SimpleMeterRegistry(),
            Platform.system());
    private final NodeRegistry registry = enter("own");
    private Supplier<CompletionStage<Integer>> disconnecting = () -> CompletableFuture.completedFuture(1);

    private final AtomicInteger drains = new AtomicInteger();

    private final NodeActions actions = new NodeActions() {
        @Override
        public CompletionStage<Integer> disconnect(Tenant tenant, String context) {
            return disconnecting.get();
        }

        @Override
        public int invalidate(ControlMessage.Invalidate message) {
            return message.name().length();
        }

        @Override
        public CompletionStage<ConnectionList> connections(ConnectionFilter filter, int limit) {
            return CompletableFuture.completedFuture(new ConnectionList(0, List.of()));
        }

        @Override
        public CompletionStage<Integer> close(ConnectionFilter filter, @Nullable String text) {
            return CompletableFuture.completedFuture(0);
        }

        @Override
        public CompletionStage<Integer> renew(ControlMessage.Renew message) {
            return CompletableFuture.completedFuture(0);
        }

        @Override
        public boolean release(ControlMessage.ReleaseContext message) {
            return message.client().equals("known");
        }

        @Override
        public int releaseStreams(ControlMessage.ReleaseStreams message) {
            return message.count();
        }

        @Override
        public CompletionStage<String> call(ControlMessage.CallExtension message) {
            return CompletableFuture.completedFuture(message.body());
        }

        @Override
        public CompletionStage<String> explain(ControlMessage.Explain message) {
            return CompletableFuture.completedFuture(message.question());
        }

        @Override
        public CompletionStage<String> stream(VerifiedBody body) {
            throw new UnsupportedOperationException();
        }

        @Override
        public NodeHealth health() {
            healthAsked.incrementAndGet();
            return new NodeHealth("serving", "1", new BrokerState("memory", true, true, 0, List.of()), 0, 0);
        }

        @Override
        public ObjectNode observe(boolean hour) {
            return JsonNodeFactory.instance.objectNode().put("hour", hour);
        }

        @Override
        public void drain() {
            drains.incrementAndGet();
        }

        @Override
        public boolean logLevel(ControlMessage.SetLogLevel message) {
            return message.level().equals("debug");
        }
    };

    @AfterEach
    void close() {
        calls.close();
        broker.close();
        impatient.shutdownNow();
    }

    @Test
    void health_read_in_a_loop_costs_one_round_a_second() {
        Control control = control(Platform.system().timer());
        for (int i = 0; i < 10; i++) {
            assertThat(health(control).answered()).hasSize(1);
        }
        assertThat(healthAsked).hasValue(1);

        now.addAndGet(Duration.ofSeconds(1).toNanos());
        for (int i = 0; i < 10; i++) {
            assertThat(health(control).answered()).hasSize(1);
        }

        assertThat(healthAsked).hasValue(2);
    }

    @Test
    void node_with_an_expired_lease_is_missing_while_it_has_a_record() {
        Control control = control(Platform.system().timer());
        NodeRegistry other = enter("other");
        registry.tick().toCompletableFuture().join();
        // Reads that are far apart would not count.
        for (int i = 0; i < 5; i++) {
            now.addAndGet(Duration.ofSeconds(2).toNanos());
            registry.tick().toCompletableFuture().join();
        }
        assertThat(registry.nodes()).extracting(NodeRecord::id).containsExactly("own");

        Answers<Integer> answers =
                control.disconnect(MESSAGE).toCompletableFuture().join();

        assertThat(answers.answered())
                .singleElement()
                .satisfies(one -> assertThat(one.node().id()).isEqualTo("own"));
        assertThat(answers.missing()).singleElement().satisfies(one -> {
            assertThat(one.node().id()).isEqualTo("other");
            assertThat(one.code()).isEqualTo(ErrorCode.NODE_UNREACHABLE);
        });
        other.leave().toCompletableFuture().join();
        assertThat(control.disconnect(MESSAGE).toCompletableFuture().join().missing())
                .isEmpty();
    }

    @Test
    void exception_of_one_node_fails_only_its_own_answer() {
        disconnecting = () -> {
            throw new IllegalStateException("at once");
        };
        enter("other");

        Answers<Integer> answers = control(Platform.system().timer())
                .disconnect(MESSAGE)
                .toCompletableFuture()
                .join();

        assertThat(answers.current()).isTrue();
        assertThat(answers.missing())
                .extracting(one -> one.node().id() + " " + one.code())
                .containsExactly("other NODE_UNREACHABLE", "own INTERNAL");
    }

    @Test
    void known_nodes_are_asked_when_the_registry_does_not_answer_in_time() {
        NodeRegistry silent = NodeRegistryTest.silentAfterEntering(broker.store(), "silent");
        Control control =
                new Control(silent, new CallSigner.NodeIdentity("silent", 1), calls, actions, platform(impatient));

        Answers<Integer> answers =
                control.disconnect(MESSAGE).toCompletableFuture().join();

        assertThat(answers.current()).isFalse();
        assertThat(answers.answered()).hasSize(1);
    }

    @Test
    void message_with_an_endless_action_is_answered_in_time() {
        disconnecting = CompletableFuture::new;

        CompletableFuture<byte[]> answer =
                control(impatient).handle(MESSAGE.bytes()).toCompletableFuture();

        assertThatCode(answer::join).hasRootCauseInstanceOf(TimeoutException.class);
    }

    @Test
    void node_of_which_only_the_first_record_is_known_is_looked_up_again_and_called() {
        AtomicReference<Optional<NodeAddress>> address = new AtomicReference<>(Optional.empty());
        NodeRegistry joining = NodeRegistry.register(
                broker.store(),
                1,
                new NodeRegistry.Registration(
                        "joining",
                        generation ->
                                new NodeRecord("joining", generation, Objects.requireNonNull(address.get()), 0, 0),
                        () -> true,
                        now::get));
        registry.tick().toCompletableFuture().join();
        // The port to discard: no program is there.
        address.set(Optional.of(new NodeAddress("127.0.0.1", 9)));
        joining.tick().toCompletableFuture().join();
        ControlMessage.CallExtension message = new ControlMessage.CallExtension("pages", "text");

        CompletableFuture<Optional<String>> byStart = control(Platform.system().timer())
                .call("joining", joining.generation(), message)
                .toCompletableFuture();

        assertThatThrownBy(byStart::join).hasMessageContaining("127.0.0.1:9");
    }

    private static Answers<NodeHealth> health(Control control) {
        return control.health().toCompletableFuture().join();
    }

    @Test
    void node_describes_itself_drains_and_sets_its_log_for_another_one() {
        Control control = control(Platform.system().timer());

        assertThat(handled(control, new ControlMessage.Observe(true))).contains("\"hour\":true");
        assertThat(handled(control, new ControlMessage.BeginDrain())).contains("\"done\":1");
        assertThat(drains).hasValue(1);
        assertThat(handled(control, new ControlMessage.SetLogLevel("dev.carillon.feed", "debug")))
                .contains("\"done\":1");
        assertThat(handled(control, new ControlMessage.SetLogLevel("dev.carillon.feed", "info")))
                .contains("\"done\":0");
    }

    @Test
    void drain_and_level_of_the_log_reach_the_named_node_only() {
        Control control = control(Platform.system().timer());

        assertThat(control.drain("nobody").toCompletableFuture().join()).isFalse();
        assertThat(drains).hasValue(0);
        assertThat(control.drain("own").toCompletableFuture().join()).isTrue();
        assertThat(drains).hasValue(1);
        ControlMessage.SetLogLevel level = new ControlMessage.SetLogLevel("dev.carillon", "debug");
        assertThat(control.logLevel("own", level).toCompletableFuture().join()).isTrue();
        assertThat(control.logLevel("nobody", level).toCompletableFuture().join())
                .isFalse();
    }

    @Test
    void level_of_a_logger_outside_of_the_server_cannot_be_set() {
        assertThatThrownBy(() -> new ControlMessage.SetLogLevel("io.undertow", "debug"))
                .isInstanceOf(CarillonException.class);
        assertThatThrownBy(() -> new ControlMessage.SetLogLevel("dev.carillon", "all"))
                .isInstanceOf(CarillonException.class);
    }

    private static String handled(Control control, ControlMessage message) {
        return new String(control.handle(message.bytes()).toCompletableFuture().join(), StandardCharsets.UTF_8);
    }

    private Control control(ScheduledExecutorService timer) {
        return new Control(
                registry, new CallSigner.NodeIdentity("own", registry.generation()), calls, actions, platform(timer));
    }

    private Platform platform(ScheduledExecutorService timer) {
        Platform real = Platform.system();
        return new Platform(real.clock(), now::get, real.random(), real.secureRandom(), timer, real.threads());
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
}
