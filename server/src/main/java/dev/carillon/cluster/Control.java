package dev.carillon.cluster;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.carillon.base.CarillonException;
import dev.carillon.base.ErrorCode;
import dev.carillon.base.Platform;
import dev.carillon.base.Text;
import dev.carillon.base.TimeLimit;
import java.io.IOException;
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
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Control messages: sends them to one node or to all, and does what those ask that reach this node. This node asks itself without a
 * call. Thread-safe; never blocks.
 */
public final class Control implements AllNodes {
    /** Where a node takes messages, by POST, and tells its health, by GET. */
    public static final String MESSAGES = "/_cluster/control";

    public static final String HEALTH = "/_cluster/health";

    private static final byte[] NONE = new byte[0];
    private static final String CLOSED = "closed";
    private static final JsonMapper JSON = new JsonMapper();

    private final NodeRegistry registry;
    private final NodeRecord self;
    private final TimeLimit limit;
    private final NodeCalls calls;
    private final NodeActions actions;
    /** A round of health that is under way: everyone who asks meanwhile shares it. */
    private final AtomicReference<@Nullable CompletionStage<Answers<NodeHealth>>> asking = new AtomicReference<>();

    public Control(
            NodeRegistry registry, CallSigner.Self self, NodeCalls calls, NodeActions actions, Platform platform) {
        this.limit = new TimeLimit(NodeCalls.TIMEOUT.multipliedBy(2), platform.timer());
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
        return isSelf(node) ? here(message) : there(node, message);
    }

    private CompletionStage<Integer> here(ControlMessage.Disconnect message) {
        return actions.disconnect(message.tenant(), message.context());
    }

    private CompletionStage<Integer> there(NodeRecord node, ControlMessage message) {
        return calls.call(node, "POST", MESSAGES, message.bytes()).thenApply(Control::closed);
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

    @Override
    public CompletionStage<Answers<NodeHealth>> health() {
        CompletableFuture<Answers<NodeHealth>> mine = new CompletableFuture<>();
        CompletionStage<Answers<NodeHealth>> theirs = asking.compareAndExchange(null, mine);
        if (theirs != null) {
            return theirs;
        }
        CompletableFuture.completedStage(actions)
                .thenCompose(own -> this.<NodeHealth>all(
                        () -> CompletableFuture.completedFuture(own.health()),
                        node -> calls.call(node, "GET", HEALTH, NONE).thenApply(NodeHealth::read)))
                .whenComplete((answers, e) -> {
                    asking.set(null);
                    if (e != null) {
                        mine.completeExceptionally(e);
                    } else {
                        mine.complete(answers);
                    }
                });
        return mine;
    }

    /**
     * Does what a message of another node's asks.
     *
     * @return the body of the answer; fails with {@code unknown-message} or {@code invalid-request}
     */
    public CompletionStage<byte[]> handle(byte[] message) {
        return switch (ControlMessage.read(message)) {
            case ControlMessage.Disconnect disconnect ->
                here(disconnect)
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
        return registry.look().handle((view, e) -> e == null).thenCompose(current -> {
            Map<String, NodeRecord> living = new HashMap<>(Map.of(self.id(), self));
            registry.nodes().forEach(node -> living.put(node.id(), node));
            List<NodeRecord> nodes = living.values().stream()
                    .sorted(Comparator.comparing(NodeRecord::id))
                    .toList();
            List<CompletableFuture<T>> answers = nodes.stream()
                    .map(node -> bounded(isSelf(node) ? here.get() : there.apply(node)))
                    .toList();
            return CompletableFuture.allOf(answers.toArray(CompletableFuture[]::new))
                    .handle((x, e) -> collected(nodes, answers, current));
        });
    }

    /** An action of this node may never end while it stops. */
    private <T> CompletableFuture<T> bounded(CompletionStage<T> stage) {
        return limit.on(stage.toCompletableFuture().copy());
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
