package dev.carillon.node;

import dev.carillon.base.CarillonException;
import dev.carillon.base.ErrorCode;
import dev.carillon.base.Text;
import dev.carillon.cluster.ControlMessage;
import dev.carillon.cluster.StreamedCall;
import dev.carillon.cluster.VerifiedBody;
import dev.carillon.extension.CallHandler;
import dev.carillon.extension.StreamedCallHandler;
import dev.carillon.scope.Tenant;
import dev.carillon.trace.span.CallSpans;
import java.io.InputStream;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.Semaphore;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Calls between the extensions of nodes. Handlers run on virtual threads; at most {@value #MAX_CALLS} calls of other nodes run at a time, and {@value
 * #MAX_STREAMS} with streamed bodies; further calls are refused with {@code overloaded}.
 */
final class ExtensionCalls {
    private static final Logger LOGGER = LoggerFactory.getLogger(ExtensionCalls.class);
    private static final int MAX_CALLS = 256;
    private static final int MAX_STREAMS = 64;

    private final Map<String, CallHandler> handlers = new ConcurrentHashMap<>();
    private final Map<String, StreamedCallHandler> streamHandlers = new ConcurrentHashMap<>();
    private final Semaphore calls = new Semaphore(MAX_CALLS);
    private final Semaphore streams = new Semaphore(MAX_STREAMS);
    private final Executor threads;
    private final ToOwner toOwner;
    private final ToNode toNode;
    /** Null: calls are not traced. */
    private final @Nullable CallSpans spans;

    /** Sends a call to a node. */
    @FunctionalInterface
    interface ToNode {
        CompletionStage<Optional<String>> call(String nodeId, long generation, ControlMessage.CallExtension message);
    }

    /** Sends a call to the node that owns a context. */
    interface ToOwner {
        CompletionStage<Optional<String>> call(Tenant tenant, String context, ControlMessage.CallExtension message);

        /** The id of the node that owns a context; empty: none is known to. */
        CompletionStage<Optional<String>> owner(Tenant tenant, String context);

        /** Calls a node, and blocks; empty if it is unknown or this one. */
        Optional<String> stream(String node, StreamedCall call, InputStream body);
    }

    /** @param spans null: calls are not traced */
    ExtensionCalls(Executor threads, ToOwner toOwner, ToNode toNode, @Nullable CallSpans spans) {
        this.spans = spans;
        this.threads = threads;
        this.toOwner = toOwner;
        this.toNode = toNode;
    }

    void add(String name, CallHandler handler) {
        ControlMessage.CallExtension _ = new ControlMessage.CallExtension(name, "");
        if (handlers.putIfAbsent(name, handler) != null) {
            throw new IllegalArgumentException("calls named " + name + " already have a handler");
        }
    }

    void addStreamed(String name, StreamedCallHandler handler) {
        StreamedCall _ = new StreamedCall(name, "");
        if (streamHandlers.putIfAbsent(name, handler) != null) {
            throw new IllegalArgumentException("streamed calls named " + name + " already have a handler");
        }
    }

    /** Blocks. */
    Optional<String> streamToOwner(Tenant tenant, String context, String name, String head, InputStream body) {
        try {
            return traced(
                            name,
                            traceparent -> CompletableFuture.completedFuture(toOwner.owner(tenant, context)
                                    .toCompletableFuture()
                                    .join()
                                    .flatMap(node ->
                                            toOwner.stream(node, new StreamedCall(name, head, traceparent), body))))
                    .toCompletableFuture()
                    .join();
        } catch (CompletionException e) {
            throw e.getCause() instanceof CarillonException known ? known : e;
        }
    }

    CompletionStage<Optional<String>> callOwner(Tenant tenant, String context, String name, String body) {
        return traced(
                name,
                traceparent ->
                        toOwner.call(tenant, context, new ControlMessage.CallExtension(name, body, traceparent)));
    }

    CompletionStage<Optional<String>> callNode(String nodeId, long generation, String name, String body) {
        return traced(
                name,
                traceparent ->
                        toNode.call(nodeId, generation, new ControlMessage.CallExtension(name, body, traceparent)));
    }

    private CompletionStage<Optional<String>> traced(
            String name, Function<@Nullable String, CompletionStage<Optional<String>>> call) {
        return spans == null ? call.apply(null) : spans.call(name, call);
    }

    private String received(@Nullable String traceparent, String name, Callable<String> handler) throws Exception {
        return spans == null ? handler.call() : spans.received(traceparent, name, handler);
    }

    /** Executes a call of another node. */
    CompletionStage<String> handle(ControlMessage.CallExtension message) {
        CallHandler handler = handlers.get(message.name());
        return handler == null
                ? CompletableFuture.failedFuture(unknown(message.name()))
                : execute(
                        calls,
                        message.name(),
                        () -> received(message.traceparent(), message.name(), () -> handler.handle(message.body())));
    }

    /** Executes a streamed call of another node. */
    CompletionStage<String> handle(VerifiedBody body) {
        return execute(streams, "streamed", () -> {
            StreamedCall call = body.head();
            StreamedCallHandler handler = streamHandlers.get(call.name());
            if (handler == null) {
                throw unknown(call.name());
            }
            return received(call.traceparent(), call.name(), () -> handler.handle(call.text(), body.content()));
        });
    }

    private static CarillonException unknown(String name) {
        return new CarillonException(
                ErrorCode.UNKNOWN_MESSAGE, "no extension of this node answers calls named " + name);
    }

    /** @param name for the log */
    private CompletionStage<String> execute(Semaphore permits, String name, Callable<String> call) {
        if (!permits.tryAcquire()) {
            return CompletableFuture.failedFuture(
                    new CarillonException(ErrorCode.OVERLOADED, "too many calls to extensions are in progress"));
        }
        CompletableFuture<String> answer = new CompletableFuture<>();
        try {
            threads.execute(() -> run(permits, name, call, answer));
        } catch (RuntimeException e) {
            permits.release();
            throw e;
        }
        return answer;
    }

    private static void run(Semaphore permits, String name, Callable<String> call, CompletableFuture<String> answer) {
        try {
            String body = call.call();
            if (Text.utf8Length(body) > CallHandler.MAX_ANSWER_BYTES) {
                throw new CarillonException(
                        ErrorCode.TOO_LARGE, "an answer has more than " + CallHandler.MAX_ANSWER_BYTES + " bytes");
            }
            answer.complete(body);
        } catch (CarillonException e) {
            answer.completeExceptionally(e);
        } catch (Throwable e) {
            // An Error too, because the calling node needs an answer.
            LOGGER.atError().addKeyValue("call", name).setCause(e).log("a call of an extension failed");
            answer.completeExceptionally(new CarillonException(ErrorCode.INTERNAL, "the call failed", e));
        } finally {
            permits.release();
        }
    }
}
