package dev.carillon.cluster;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.carillon.base.CarillonException;
import dev.carillon.base.ErrorCode;
import dev.carillon.base.Platform;
import dev.carillon.base.Text;
import dev.carillon.base.TimeLimit;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Function;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Control messages: sends them to one node or to all, and does what those ask that reach this node. This node asks itself without a
 * call. Thread-safe; never blocks.
 */
public final class Control implements AllNodes {
    /** Where a node takes messages, and tells its health; both by POST, as the JDK's client may send a GET twice, which a nonce forbids. */
    public static final String MESSAGES = "/_cluster/control";

    public static final String HEALTH = "/_cluster/health";

    /** How long the registry may take to answer; then the nodes that were known before are asked. */
    static final Duration LOOK_TIMEOUT = Duration.ofSeconds(2);
    /** How long an answer about health is good for those who ask next: reading it in a loop costs one round in that time. */
    static final Duration HEALTH_KEPT = Duration.ofSeconds(1);

    private static final String POST = "POST";
    private static final byte[] NONE = new byte[0];
    private static final String CLOSED = "closed";
    private static final JsonMapper JSON = new JsonMapper();

    private final NodeRegistry registry;
    private final NodeRecord self;
    private final TimeLimit limit;
    private final TimeLimit lookLimit;
    private final LongSupplier nanoTime;
    private final NodeCalls calls;
    private final NodeActions actions;
    private final AtomicReference<@Nullable Round> round = new AtomicReference<>();

    /** Health of all nodes, asked once: while it is under way, and a while after that, everyone who asks shares it. */
    private static final class Round {
        private final CompletableFuture<Answers<NodeHealth>> answers = new CompletableFuture<>();
        /** Written before the answers. */
        private volatile long endedNanos;

        boolean isOver(long nanos) {
            return answers.isDone() && nanos - endedNanos >= HEALTH_KEPT.toNanos();
        }
    }

    public Control(
            NodeRegistry registry, CallSigner.Self self, NodeCalls calls, NodeActions actions, Platform platform) {
        this.limit = new TimeLimit(NodeCalls.TIMEOUT.multipliedBy(2), platform.timer());
        this.lookLimit = new TimeLimit(LOOK_TIMEOUT, platform.timer());
        this.nanoTime = platform.nanoTime();
        this.registry = registry;
        // For when the registry has lost it.
        this.self = new NodeRecord(self.id(), self.generation(), Optional.empty(), 0, 0);
        this.calls = calls;
        this.actions = actions;
    }

    @Override
    public CompletionStage<Answers<Integer>> disconnect(ControlMessage.Disconnect message) {
        return all(() -> here(message), node -> there(node, message));
    }

    /** To one node; completes with how many connections it ended. Fails as {@link NodeCalls#call}. */
    public CompletionStage<Integer> disconnect(NodeRecord node, ControlMessage.Disconnect message) {
        return bounded(() -> isSelf(node) ? here(message) : there(node, message));
    }

    private CompletionStage<Integer> here(ControlMessage.Disconnect message) {
        return actions.disconnect(message.tenant(), message.context());
    }

    private CompletionStage<Integer> there(NodeRecord node, ControlMessage message) {
        return calls.call(node, POST, MESSAGES, message.bytes()).thenApply(Control::closed);
    }

    private static int closed(byte[] answer) {
        JsonNode read;
        try {
            read = JSON.readTree(answer);
        } catch (IOException e) {
            throw unreadable();
        }
        if (!read.path(CLOSED).isInt()) {
            throw unreadable();
        }
        return read.path(CLOSED).asInt();
    }

    private static CarillonException unreadable() {
        return new CarillonException(ErrorCode.NODE_UNREACHABLE, "the answer cannot be read");
    }

    /** Asks at most once in {@link #HEALTH_KEPT}; answers what it had asked before, otherwise. */
    @Override
    public CompletionStage<Answers<NodeHealth>> health() {
        Round last = round.get();
        if (last != null && !last.isOver(nanoTime.getAsLong())) {
            return last.answers.copy();
        }
        Round mine = new Round();
        Round current = round.compareAndExchange(last, mine);
        if (current != last && current != null) {
            return current.answers.copy();
        }
        CompletionStage<Answers<NodeHealth>> _ = this.<NodeHealth>all(
                        () -> CompletableFuture.completedFuture(actions.health()),
                        node -> calls.call(node, POST, HEALTH, NONE).thenApply(NodeHealth::read))
                .whenComplete((answers, e) -> {
                    mine.endedNanos = nanoTime.getAsLong();
                    if (e != null) {
                        mine.answers.completeExceptionally(e);
                    } else {
                        mine.answers.complete(answers);
                    }
                });
        return mine.answers.copy();
    }

    /**
     * Does what a message of another node's asks.
     *
     * @return the body of the answer; fails with {@code unknown-message} or {@code invalid-request}
     */
    public CompletionStage<byte[]> handle(byte[] message) {
        return switch (ControlMessage.read(message)) {
            case ControlMessage.Disconnect disconnect ->
                bounded(() -> here(disconnect))
                        .thenApply(closed -> Text.utf8(JSON.createObjectNode()
                                .put("version", ControlMessage.VERSION)
                                .put(CLOSED, closed)
                                .toString()));
        };
    }

    /** The body of the answer to {@link #HEALTH}. */
    public byte[] ownHealth() {
        return actions.health().bytes();
    }

    private boolean isSelf(NodeRecord node) {
        return node.id().equals(self.id());
    }

    private <T> CompletionStage<Answers<T>> all(
            Supplier<CompletionStage<T>> here, Function<NodeRecord, CompletionStage<T>> there) {
        return limited(lookLimit, registry::look).handle((view, e) -> e == null).thenCompose(current -> {
            Map<String, NodeRecord> known = new HashMap<>(Map.of(self.id(), self));
            // With those whose lease is over: they may live, and serve clients, cut off from the store.
            registry.recorded().forEach(node -> known.put(node.id(), node));
            List<NodeRecord> nodes = known.values().stream()
                    .sorted(Comparator.comparing(NodeRecord::id))
                    .toList();
            List<CompletableFuture<T>> answers = nodes.stream()
                    .map(node -> bounded(() -> isSelf(node) ? here.get() : there.apply(node)))
                    .toList();
            return CompletableFuture.allOf(answers.toArray(CompletableFuture[]::new))
                    .handle((x, e) -> collected(nodes, answers, current));
        });
    }

    /** An action of this node may never end while it stops. */
    private <T> CompletableFuture<T> bounded(Supplier<CompletionStage<T>> action) {
        return limited(limit, action);
    }

    /** What an action throws at once fails its own answer alone. */
    private static <T> CompletableFuture<T> limited(TimeLimit limit, Supplier<? extends CompletionStage<T>> action) {
        try {
            return limit.on(action.get().toCompletableFuture().copy());
        } catch (RuntimeException e) {
            return CompletableFuture.failedFuture(e);
        }
    }

    private static <T> Answers<T> collected(
            List<NodeRecord> nodes, List<CompletableFuture<T>> answers, boolean current) {
        List<Answers.Answer<T>> answered = new ArrayList<>();
        List<Answers.Missing> missing = new ArrayList<>();
        for (int i = 0; i < nodes.size(); i++) {
            NodeRecord node = nodes.get(i);
            try {
                answered.add(new Answers.Answer<>(node, answers.get(i).join()));
            } catch (CompletionException e) {
                missing.add(
                        e.getCause() instanceof CarillonException known
                                ? new Answers.Missing(node, known.code(), String.valueOf(known.getMessage()))
                                : new Answers.Missing(node, ErrorCode.INTERNAL, String.valueOf(e.getCause())));
            }
        }
        return new Answers<>(answered, missing, current);
    }
}
