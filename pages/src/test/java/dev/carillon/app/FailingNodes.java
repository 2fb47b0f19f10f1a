package dev.carillon.app;

import dev.carillon.base.CarillonException;
import dev.carillon.base.ErrorCode;
import dev.carillon.broker.Store;
import dev.carillon.extension.CallHandler;
import dev.carillon.extension.Extension;
import dev.carillon.extension.ExtensionContext;
import dev.carillon.node.Node;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/** An application on nodes that can be cut off: the store does not answer them, and they answer no calls of other nodes. Their clients still reach them. */
final class FailingNodes implements Extension {
    private final Extension application;
    private final Set<String> cut = ConcurrentHashMap.newKeySet();
    /** Completes when the node may go on. */
    private final Map<String, CompletableFuture<Void>> held = new ConcurrentHashMap<>();

    /** The nodes that have received a call. */
    private final Set<String> called = ConcurrentHashMap.newKeySet();

    private final Map<String, AtomicInteger> remaining = new ConcurrentHashMap<>();

    FailingNodes(Extension application) {
        this.application = application;
    }

    void cut(Node node) {
        cut.add(node.id());
    }

    void mend(Node node) {
        cut.remove(node.id());
    }

    /** Cuts a node off after some more writes. */
    void cutAfterWrites(Node node, int writes) {
        remaining.put(node.id(), new AtomicInteger(writes));
    }

    boolean wasCalled(Node node) {
        return called.contains(node.id());
    }

    /** Writes of the node wait from now on. */
    void hold(Node node) {
        held.put(node.id(), new CompletableFuture<>());
    }

    /** Writes that wait are carried out. */
    void resume(Node node) {
        CompletableFuture<Void> waiting = held.remove(node.id());
        if (waiting != null) {
            waiting.complete(null);
        }
    }

    @Override
    @SuppressWarnings("FutureReturnValueIgnored") // the caller gets it
    public AutoCloseable start(ExtensionContext node) {
        String id = node.nodeId();
        Store store = proxy(Store.class, node.store(), (method, arguments, proceed) -> {
            AtomicInteger left = remaining.get(id);
            if (left != null && method.equals("put") && left.getAndDecrement() <= 0) {
                cut.add(id);
            }
            if (cut.contains(id)) {
                return CompletableFuture.failedFuture(
                        new CarillonException(ErrorCode.BROKER_UNAVAILABLE, "the node is cut off"));
            }
            CompletableFuture<Void> waiting = held.get(id);
            return waiting == null || !method.equals("put")
                    ? proceed.call()
                    : waiting.thenCompose(x -> (CompletionStage<?>) Objects.requireNonNull(proceed.call()));
        });
        return application.start(proxy(ExtensionContext.class, node, (method, arguments, proceed) -> switch (method) {
            case "store" -> store;
            case "onCall" -> {
                CallHandler handler = (CallHandler) arguments[1];
                node.onCall((String) arguments[0], body -> {
                    if (cut.contains(id) || held.containsKey(id)) {
                        throw new CarillonException(ErrorCode.NODE_UNREACHABLE, "the node is cut off");
                    }
                    called.add(id);
                    return handler.handle(body);
                });
                yield null;
            }
            default -> proceed.call();
        }));
    }

    @FunctionalInterface
    private interface Proceed {
        @Nullable
        Object call();
    }

    @FunctionalInterface
    private interface Behaviour {
        @Nullable
        Object call(String method, Object[] arguments, Proceed proceed);
    }

    private static <T> T proxy(Class<T> type, T target, Behaviour behaviour) {
        return type.cast(Proxy.newProxyInstance(
                FailingNodes.class.getClassLoader(),
                new Class<?>[] {type},
                (self, method, arguments) -> behaviour.call(method.getName(), arguments, () -> {
                    try {
                        return method.invoke(target, arguments);
                    } catch (InvocationTargetException e) {
                        throw e.getCause() instanceof RuntimeException known ? known : new IllegalStateException(e);
                    } catch (IllegalAccessException e) {
                        throw new IllegalStateException(e);
                    }
                })));
    }
}
