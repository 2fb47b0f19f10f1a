package dev.carillon.delivery;

import dev.carillon.broker.Broker;
import dev.carillon.broker.BrokerUnavailableException;
import dev.carillon.broker.Channel;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;

/** A broker whose snapshots can be blocked or failed by a test. All other calls go to the real broker. */
final class GatedBroker {
    private final Broker broker;
    private volatile CompletableFuture<Void> gate = CompletableFuture.completedFuture(null);
    private volatile boolean readLate;
    /** Number of requested snapshots. */
    final AtomicInteger requested = new AtomicInteger();

    GatedBroker(Broker real) {
        Channel channel = proxy(Channel.class, real.channel(), "snapshot", call -> {
            requested.incrementAndGet();
            if (readLate) {
                return gate.thenCompose(x -> call.get());
            }
            CompletionStage<?> answer = call.get();
            return gate.thenCompose(x -> answer);
        });
        this.broker = (Broker) Proxy.newProxyInstance(
                Broker.class.getClassLoader(),
                new Class<?>[] {Broker.class},
                (proxy, method, args) -> method.getName().equals("channel") ? channel : method.invoke(real, args));
    }

    private interface Interceptor {
        CompletionStage<?> intercept(Supplier<CompletionStage<?>> call);
    }

    private static <T> T proxy(Class<T> type, T real, String name, Interceptor interceptor) {
        return type.cast(Proxy.newProxyInstance(type.getClassLoader(), new Class<?>[] {type}, (p, method, args) -> {
            try {
                return method.getName().equals(name)
                        ? interceptor.intercept(() -> {
                            try {
                                return (CompletionStage<?>) method.invoke(real, args);
                            } catch (ReflectiveOperationException e) {
                                throw new IllegalStateException(e);
                            }
                        })
                        : method.invoke(real, args);
            } catch (InvocationTargetException e) {
                throw e.getCause();
            }
        }));
    }

    Broker broker() {
        return broker;
    }

    /** As {@link #block}, but snapshots are read only after the gate is opened. */
    CompletableFuture<Void> blockReads() {
        readLate = true;
        return block();
    }

    /** Blocks snapshots from now on. Completing the result opens the gate; failing it makes the snapshots fail. */
    CompletableFuture<Void> block() {
        gate = new CompletableFuture<>();
        return gate;
    }

    static BrokerUnavailableException unavailable() {
        return new BrokerUnavailableException("by the test");
    }
}
