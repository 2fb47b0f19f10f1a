package dev.carillon.cluster;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.carillon.base.CarillonException;
import dev.carillon.base.ErrorCode;
import dev.carillon.base.Platform;
import dev.carillon.base.Text;
import dev.carillon.base.TimeLimit;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
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
 * Sends control messages to one node or to all, and executes those that this node receives. This node executes its own without a call.
 * Thread-safe; never blocks.
 */
public final class Control implements AllNodes {
    /**
     * Paths of control messages and of health requests. Both use POST, because the JDK's client may repeat a GET, which the nonce would
     * refuse.
     */
    public static final String MESSAGES = "/_cluster/control";

    public static final String HEALTH = "/_cluster/health";
    /** Path of calls with a streamed body. */
    public static final String STREAMS = "/_cluster/stream";

    /** Time limit of reading the registry; after that the nodes known before are asked. */
    static final Duration REGISTRY_TIMEOUT = Duration.ofSeconds(2);
    /** How long an answer about health is cached: reading it in a loop costs one round per second. */
    static final Duration HEALTH_CACHED = Duration.ofSeconds(1);

    private static final String POST = "POST";
    private static final byte[] EMPTY = new byte[0];
    private static final String CLOSED = "closed";
    private static final String TOKENS = "tokens";
    private static final String RELEASED = "released";
    private static final String DONE = "done";
    private static final JsonMapper JSON = new JsonMapper();

    private final NodeRegistry registry;
    private final NodeRecord self;
    private final TimeLimit limit;
    private final TimeLimit registryLimit;
    private final LongSupplier nanoTime;
    private final NodeCalls calls;
    private final NodeActions actions;
    private final AtomicReference<@Nullable Round> round = new AtomicReference<>();

    /** A round of health requests to all nodes; callers share it while it is in flight and while its answers are cached. */
    private static final class Round {
        private final CompletableFuture<Answers<NodeHealth>> answers = new CompletableFuture<>();
        /** Written before the answers complete. */
        private volatile long endedNanos;

        boolean isOver(long nanos) {
            return answers.isDone() && nanos - endedNanos >= HEALTH_CACHED.toNanos();
        }
    }

    public Control(
            NodeRegistry registry,
            CallSigner.NodeIdentity self,
            NodeCalls calls,
            NodeActions actions,
            Platform platform) {
        this.limit = new TimeLimit(NodeCalls.TIMEOUT.multipliedBy(2), platform.timer());
        this.registryLimit = new TimeLimit(REGISTRY_TIMEOUT, platform.timer());
        this.nanoTime = platform.nanoTime();
        this.registry = registry;
        // Used when the registry has lost this node's record.
        this.self = new NodeRecord(self.id(), self.generation(), Optional.empty(), 0, 0);
        this.calls = calls;
        this.actions = actions;
    }

    @Override
    public CompletionStage<Answers<Integer>> disconnect(ControlMessage.Disconnect message) {
        return all(() -> local(message), node -> remote(node, message));
    }

    /** Ends the connections of a context on one node; completes with their number. Fails as {@link NodeCalls#call}. */
    public CompletionStage<Integer> disconnect(NodeRecord node, ControlMessage.Disconnect message) {
        return bounded(() -> isSelf(node) ? local(message) : remote(node, message));
    }

    @Override
    public CompletionStage<Answers<ConnectionList>> connections(ControlMessage.ListConnections message) {
        return all(
                () -> actions.connections(message.filter(), message.limit()),
                node -> calls.call(node, POST, MESSAGES, message.bytes()).thenApply(ConnectionList::read));
    }

    @Override
    public CompletionStage<Answers<String>> explain(ControlMessage.Explain message) {
        return all(
                () -> actions.explain(message),
                node -> calls.call(node, POST, MESSAGES, message.bytes())
                        .thenApply(answer -> new String(answer, StandardCharsets.UTF_8)));
    }

    @Override
    public CompletionStage<Answers<Integer>> close(ControlMessage.CloseConnections message) {
        return all(() -> actions.close(message.filter(), message.text()), node -> remote(node, message));
    }

    /**
     * Replaces the token of the connections of a context on another node.
     *
     * @return their number; 0 if the node is unknown. Fails as {@link NodeCalls#call}
     */
    public CompletionStage<Integer> renew(String nodeId, ControlMessage.Renew message) {
        return other(nodeId)
                .map(node -> bounded(() -> remote(node, message)))
                .orElseGet(() -> CompletableFuture.completedFuture(0));
    }

    /**
     * Asks another node to end a context whose client has come here.
     *
     * @return false: it keeps the context; true also if this life of the node has ended. Fails as {@link NodeCalls#call}
     */
    public CompletionStage<Boolean> release(String nodeId, long generation, ControlMessage.ReleaseContext message) {
        return isCallable(nodeId)
                ? releaseByKnown(nodeId, generation, message)
                : limited(registryLimit, registry::refresh)
                        .thenCompose(x -> releaseByKnown(nodeId, generation, message));
    }

    private CompletionStage<Boolean> releaseByKnown(
            String nodeId, long generation, ControlMessage.ReleaseContext message) {
        NodeRecord node = other(nodeId).orElse(null);
        return node == null || registry.hasEnded(nodeId, generation)
                ? CompletableFuture.completedFuture(true)
                : bounded(() -> remote(node, message, RELEASED).thenApply(released -> released > 0));
    }

    /** Asks one node to release streams; completes with the number that it will release. Fails as {@link NodeCalls#call}. */
    public CompletionStage<Integer> releaseStreams(NodeRecord node, ControlMessage.ReleaseStreams message) {
        return bounded(() -> isSelf(node)
                ? CompletableFuture.completedFuture(actions.releaseStreams(message))
                : remote(node, message, RELEASED));
    }

    /** Whether another node is known with its address: of one that has just started the registry may have no record yet, or its first one. */
    private boolean isCallable(String nodeId) {
        return other(nodeId).flatMap(NodeRecord::address).isPresent();
    }

    /** Another node that the registry has a record of. */
    private Optional<NodeRecord> other(String nodeId) {
        return registry.recorded().stream()
                .filter(node -> node.id().equals(nodeId) && !isSelf(node))
                .findFirst();
    }

    /**
     * Calls an extension of another node.
     *
     * @return its answer; empty if the node is unknown or this one. Fails as {@link NodeCalls#call}
     */
    public CompletionStage<Optional<String>> call(String nodeId, ControlMessage.CallExtension message) {
        return isCallable(nodeId) || nodeId.equals(self.id())
                ? callKnown(nodeId, message)
                : limited(registryLimit, registry::refresh)
                        .handle((x, e) -> nodeId)
                        .thenCompose(id -> callKnown(id, message));
    }

    private CompletionStage<Optional<String>> callKnown(String nodeId, ControlMessage.CallExtension message) {
        return other(nodeId)
                .map(node -> bounded(() -> calls.call(node, POST, MESSAGES, message.bytes())
                        .thenApply(answer -> Optional.of(new String(answer, StandardCharsets.UTF_8)))))
                .orElseGet(() -> CompletableFuture.completedFuture(Optional.empty()));
    }

    /**
     * As {@link #call(String, ControlMessage.CallExtension)}, of one start of a node.
     *
     * @return empty if no living node has this id and generation, or it is this one
     */
    public CompletionStage<Optional<String>> call(
            String nodeId, long generation, ControlMessage.CallExtension message) {
        if (lives(nodeId, generation) && isCallable(nodeId)) {
            return callKnown(nodeId, message);
        }
        if (registry.hasEnded(nodeId, generation)) {
            return CompletableFuture.completedFuture(Optional.empty());
        }
        return limited(registryLimit, registry::refresh)
                .thenCompose(x -> lives(nodeId, generation)
                        ? callKnown(nodeId, message)
                        : CompletableFuture.completedFuture(Optional.empty()));
    }

    private boolean lives(String nodeId, long generation) {
        return registry.nodes().stream().anyMatch(node -> node.id().equals(nodeId) && node.generation() == generation);
    }

    /**
     * Calls an extension of another node with a body that is sent as it arrives. Blocks.
     *
     * @return its answer; empty if the node is unknown or this one
     * @throws CarillonException as {@link NodeCalls#stream}
     */
    public Optional<String> stream(String nodeId, StreamedCall call, InputStream content) {
        if (!isCallable(nodeId) && !nodeId.equals(self.id())) {
            Object _ = limited(registryLimit, registry::refresh)
                    .handle((x, e) -> nodeId)
                    .toCompletableFuture()
                    .join();
        }
        for (NodeRecord node : registry.recorded()) {
            if (node.id().equals(nodeId) && !isSelf(node)) {
                return Optional.of(new String(calls.stream(node, STREAMS, call, content), StandardCharsets.UTF_8));
            }
        }
        return Optional.empty();
    }

    /** Executes a streamed call of another node; completes with the body of the answer. */
    public CompletionStage<byte[]> handle(VerifiedBody body) {
        return actions.stream(body).thenApply(Text::utf8);
    }

    private CompletionStage<Integer> local(ControlMessage.Disconnect message) {
        return actions.disconnect(message.tenant(), message.context());
    }

    private CompletionStage<Integer> remote(NodeRecord node, ControlMessage message) {
        return remote(node, message, CLOSED);
    }

    private CompletionStage<Integer> remote(NodeRecord node, ControlMessage message, String member) {
        return calls.call(node, POST, MESSAGES, message.bytes()).thenApply(answer -> number(answer, member));
    }

    @Override
    public CompletionStage<Answers<Integer>> invalidate(ControlMessage.Invalidate message) {
        return all(
                () -> CompletableFuture.completedFuture(actions.invalidate(message)),
                node -> remote(node, message, TOKENS));
    }

    static int number(byte[] answer, String member) {
        JsonNode read;
        try {
            read = JSON.readTree(answer);
        } catch (IOException e) {
            throw unreadable();
        }
        if (!read.path(member).isInt()) {
            throw unreadable();
        }
        return read.path(member).asInt();
    }

    private static CarillonException unreadable() {
        return new CarillonException(ErrorCode.NODE_UNREACHABLE, "the answer cannot be decoded");
    }

    /** The nodes that the registry has a record of, and this one, in order of their ids. */
    public List<NodeRecord> known() {
        Map<String, NodeRecord> known = new HashMap<>(Map.of(self.id(), self));
        // Includes nodes whose lease has expired: they may be running and serving clients, cut off from the store.
        registry.recorded().forEach(node -> known.put(node.id(), node));
        return known.values().stream()
                .sorted(Comparator.comparing(NodeRecord::id))
                .toList();
    }

    /** What consoles show of a node. Fails as {@link NodeCalls#call}. */
    public CompletionStage<ObjectNode> observe(NodeRecord node, ControlMessage.Observe message) {
        return bounded(() -> isSelf(node)
                ? CompletableFuture.completedFuture(actions.observe(message.hour()))
                : calls.call(node, POST, MESSAGES, message.bytes()).thenApply(Control::object));
    }

    @Override
    public CompletionStage<Boolean> drain(String nodeId) {
        ControlMessage message = new ControlMessage.BeginDrain();
        return one(
                nodeId,
                () -> {
                    actions.drain();
                    return true;
                },
                node -> remote(node, message, DONE).thenApply(done -> done > 0));
    }

    @Override
    public CompletionStage<Boolean> logLevel(String nodeId, ControlMessage.SetLogLevel message) {
        return one(
                nodeId,
                () -> actions.logLevel(message),
                node -> remote(node, message, DONE).thenApply(done -> done > 0));
    }

    /** Acts at one node; false: it is unknown. */
    private CompletionStage<Boolean> one(
            String nodeId, Supplier<Boolean> local, Function<NodeRecord, CompletionStage<Boolean>> remote) {
        for (NodeRecord node : known()) {
            if (node.id().equals(nodeId)) {
                return bounded(
                        () -> isSelf(node) ? CompletableFuture.completedFuture(local.get()) : remote.apply(node));
            }
        }
        return CompletableFuture.completedFuture(false);
    }

    static ObjectNode object(byte[] answer) {
        try {
            if (JSON.readTree(answer) instanceof ObjectNode object) {
                return object;
            }
        } catch (IOException e) {
            // As for another form.
        }
        throw unreadable();
    }

    /** Asks at most once in {@link #HEALTH_CACHED}; otherwise returns the cached answers. */
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
                        node -> calls.call(node, POST, HEALTH, EMPTY).thenApply(NodeHealth::read))
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
     * Executes a message from another node.
     *
     * @return the body of the answer; fails with {@code unknown-message} or {@code invalid-request}
     */
    public CompletionStage<byte[]> handle(byte[] message) {
        return switch (ControlMessage.read(message)) {
            case ControlMessage.Disconnect disconnect ->
                bounded(() -> local(disconnect)).thenApply(Control::number);
            case ControlMessage.Invalidate invalidate ->
                CompletableFuture.completedFuture(answer(TOKENS, actions.invalidate(invalidate)));
            case ControlMessage.ListConnections list ->
                bounded(() -> actions.connections(list.filter(), list.limit())).thenApply(ConnectionList::bytes);
            case ControlMessage.CloseConnections close ->
                bounded(() -> actions.close(close.filter(), close.text())).thenApply(Control::number);
            case ControlMessage.Renew renew ->
                bounded(() -> actions.renew(renew)).thenApply(Control::number);
            case ControlMessage.ReleaseContext release ->
                CompletableFuture.completedFuture(answer(RELEASED, actions.release(release) ? 1 : 0));
            case ControlMessage.ReleaseStreams release ->
                CompletableFuture.completedFuture(answer(RELEASED, actions.releaseStreams(release)));
            case ControlMessage.CallExtension call ->
                bounded(() -> actions.call(call)).thenApply(Text::utf8);
            case ControlMessage.Observe observe ->
                CompletableFuture.completedFuture(
                        Text.utf8(actions.observe(observe.hour()).toString()));
            case ControlMessage.BeginDrain _ -> {
                actions.drain();
                yield CompletableFuture.completedFuture(answer(DONE, 1));
            }
            case ControlMessage.SetLogLevel level ->
                CompletableFuture.completedFuture(answer(DONE, actions.logLevel(level) ? 1 : 0));
            case ControlMessage.Explain explain ->
                bounded(() -> actions.explain(explain)).thenApply(Text::utf8);
        };
    }

    /** The answer to a message: the number of connections that it concerned. */
    private static byte[] number(int connections) {
        return answer(CLOSED, connections);
    }

    static byte[] answer(String member, int number) {
        return Text.utf8(JSON.createObjectNode()
                .put("version", ControlMessage.VERSION)
                .put(member, number)
                .toString());
    }

    /** The body of the answer to {@link #HEALTH}. */
    public byte[] ownHealth() {
        return actions.health().bytes();
    }

    private boolean isSelf(NodeRecord node) {
        return node.id().equals(self.id());
    }

    private <T> CompletionStage<Answers<T>> all(
            Supplier<CompletionStage<T>> local, Function<NodeRecord, CompletionStage<T>> remote) {
        return limited(registryLimit, registry::refresh)
                .handle((view, e) -> e == null)
                .thenCompose(current -> {
                    List<NodeRecord> nodes = known();
                    List<CompletableFuture<T>> answers = nodes.stream()
                            .map(node -> bounded(() -> isSelf(node) ? local.get() : remote.apply(node)))
                            .toList();
                    return CompletableFuture.allOf(answers.toArray(CompletableFuture[]::new))
                            .handle((x, e) -> collected(nodes, answers, current));
                });
    }

    /** Limits the time, because an action of this node may never complete while it stops. */
    private <T> CompletableFuture<T> bounded(Supplier<CompletionStage<T>> action) {
        return limited(limit, action);
    }

    /** An exception thrown by one action fails only its own answer. */
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
