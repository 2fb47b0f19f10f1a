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

/** A broker whose snapshots wait, or fail, when a test says so; all else is the real one's. */
final class GatedBroker {
    private final Broker broker;
    private volatile CompletableFuture<Void> gate = CompletableFuture.completedFuture(null);
    private volatile boolean late;
    /** How many snapshots were asked for. */
    final AtomicInteger asked = new AtomicInteger();

    GatedBroker(Broker real) {
        Channel channel = proxy(Channel.class, real.channel(), "snapshot", call -> {
            asked.incrementAndGet();
            if (late) {
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

    private interface Answering {
        CompletionStage<?> answer(Supplier<CompletionStage<?>> call);
    }

    private static <T> T proxy(Class<T> type, T real, String name, Answering answering) {
        return type.cast(Proxy.newProxyInstance(type.getClassLoader(), new Class<?>[] {type}, (p, method, args) -> {
            try {
                return method.getName().equals(name)
                        ? answering.answer(() -> {
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

    /** As {@link #shut}, but the snapshot is not read before it is let go. */
    CompletableFuture<Void> shutBefore() {
        late = true;
        return shut();
    }

    /** From now on snapshots wait; what is returned lets them go, or fail. */
    CompletableFuture<Void> shut() {
        gate = new CompletableFuture<>();
        return gate;
    }

    static BrokerUnavailableException away() {
        return new BrokerUnavailableException("by the test");
    }
}
