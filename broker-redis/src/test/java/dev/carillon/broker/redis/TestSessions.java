package dev.carillon.broker.redis;

import dev.carillon.base.Platform;
import io.lettuce.core.RedisFuture;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.api.async.RedisAsyncCommands;
import io.lettuce.core.pubsub.RedisPubSubListener;
import io.lettuce.core.pubsub.StatefulRedisPubSubConnection;
import io.lettuce.core.pubsub.api.async.RedisPubSubAsyncCommands;
import java.lang.reflect.Proxy;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.function.BiFunction;

/** Connections and a session of a cluster's server whose answers a test gives. */
final class TestSessions {
    /** The answer to a command; complete. */
    static final class Reply<T> extends CompletableFuture<T> implements RedisFuture<T> {
        static <T> Reply<T> of(T value) {
            Reply<T> reply = new Reply<>();
            reply.complete(value);
            return reply;
        }

        static <T> Reply<T> failed(RuntimeException failure) {
            Reply<T> reply = new Reply<>();
            reply.completeExceptionally(failure);
            return reply;
        }

        @Override
        public String getError() {
            return "";
        }

        @Override
        public boolean await(long timeout, TimeUnit unit) {
            return true;
        }
    }

    private TestSessions() {}

    /** @param answer to a command by its method and arguments, on both connections */
    @SuppressWarnings("unchecked")
    static RedisSession session(
            BiFunction<String, Object[], Object> answer, CopyOnWriteArrayList<RedisPubSubListener<String, byte[]>> to) {
        StatefulRedisPubSubConnection<String, byte[]> messages =
                connection(StatefulRedisPubSubConnection.class, proxy(RedisPubSubAsyncCommands.class, answer), to);
        return new RedisSession(
                connection(answer), messages, null, new ServerInfo("run_id:0123456789", true, true), Platform.system());
    }

    @SuppressWarnings("unchecked")
    static StatefulRedisConnection<String, byte[]> connection(BiFunction<String, Object[], Object> answer) {
        return connection(
                StatefulRedisConnection.class, proxy(RedisAsyncCommands.class, answer), new CopyOnWriteArrayList<>());
    }

    @SuppressWarnings("unchecked")
    private static <T> T connection(
            Class<T> type, Object commands, CopyOnWriteArrayList<RedisPubSubListener<String, byte[]>> to) {
        return type.cast(Proxy.newProxyInstance(
                TestSessions.class.getClassLoader(), new Class<?>[] {type}, (proxy, method, arguments) -> {
                    if (method.getName().equals("addListener")
                            && arguments[0] instanceof RedisPubSubListener<?, ?> listener) {
                        to.add((RedisPubSubListener<String, byte[]>) listener);
                    }
                    return switch (method.getName()) {
                        case "async" -> commands;
                        case "isOpen" -> true;
                        case "closeAsync" -> CompletableFuture.completedFuture(null);
                        default -> null;
                    };
                }));
    }

    private static <T> T proxy(Class<T> type, BiFunction<String, Object[], Object> answer) {
        return type.cast(Proxy.newProxyInstance(
                TestSessions.class.getClassLoader(),
                new Class<?>[] {type},
                (proxy, method, arguments) -> answer.apply(method.getName(), arguments)));
    }
}
