package dev.carillon.node;

import dev.carillon.base.CarillonException;
import dev.carillon.base.ErrorCode;
import dev.carillon.base.Text;
import dev.carillon.cluster.ControlMessage;
import dev.carillon.extension.CallHandler;
import dev.carillon.scope.Tenant;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.Semaphore;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Calls between the extensions of nodes. Handlers run on virtual threads; at most {@value #MAX_CALLS} calls of other nodes run at a time, further
 * calls are refused with {@code overloaded}.
 */
final class ExtensionCalls {
    private static final Logger LOGGER = LoggerFactory.getLogger(ExtensionCalls.class);
    private static final int MAX_CALLS = 256;

    private final Map<String, CallHandler> handlers = new ConcurrentHashMap<>();
    private final Semaphore calls = new Semaphore(MAX_CALLS);
    private final Executor threads;
    private final ToOwner toOwner;
    private final ToNode toNode;

    /** Sends a call to a node. */
    @FunctionalInterface
    interface ToNode {
        CompletionStage<Optional<String>> call(String nodeId, long generation, ControlMessage.CallExtension message);
    }

    /** Sends a call to the node that owns a context. */
    @FunctionalInterface
    interface ToOwner {
        CompletionStage<Optional<String>> call(Tenant tenant, String context, ControlMessage.CallExtension message);
    }

    ExtensionCalls(Executor threads, ToOwner toOwner, ToNode toNode) {
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

    CompletionStage<Optional<String>> callOwner(Tenant tenant, String context, String name, String body) {
        return toOwner.call(tenant, context, new ControlMessage.CallExtension(name, body));
    }

    CompletionStage<Optional<String>> callNode(String nodeId, long generation, String name, String body) {
        return toNode.call(nodeId, generation, new ControlMessage.CallExtension(name, body));
    }

    /** Executes a call of another node. */
    CompletionStage<String> handle(ControlMessage.CallExtension message) {
        CallHandler handler = handlers.get(message.name());
        if (handler == null) {
            return CompletableFuture.failedFuture(new CarillonException(
                    ErrorCode.UNKNOWN_MESSAGE, "no extension of this node answers calls named " + message.name()));
        }
        if (!calls.tryAcquire()) {
            return CompletableFuture.failedFuture(
                    new CarillonException(ErrorCode.OVERLOADED, "too many calls to extensions are in progress"));
        }
        CompletableFuture<String> answer = new CompletableFuture<>();
        try {
            threads.execute(() -> run(handler, message, answer));
        } catch (RuntimeException e) {
            calls.release();
            throw e;
        }
        return answer;
    }

    private void run(CallHandler handler, ControlMessage.CallExtension message, CompletableFuture<String> answer) {
        try {
            String body = handler.handle(message.body());
            if (Text.utf8Length(body) > CallHandler.MAX_ANSWER_BYTES) {
                throw new CarillonException(
                        ErrorCode.TOO_LARGE, "an answer has more than " + CallHandler.MAX_ANSWER_BYTES + " bytes");
            }
            answer.complete(body);
        } catch (CarillonException e) {
            answer.completeExceptionally(e);
        } catch (Throwable e) {
            // An Error too, because the calling node needs an answer.
            LOGGER.atError().addKeyValue("call", message.name()).setCause(e).log("a call of an extension failed");
            answer.completeExceptionally(new CarillonException(ErrorCode.INTERNAL, "the call failed", e));
        } finally {
            calls.release();
        }
    }
}
