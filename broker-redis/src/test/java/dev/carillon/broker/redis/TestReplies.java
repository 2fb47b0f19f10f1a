package dev.carillon.broker.redis;

import dev.carillon.base.Platform;
import dev.carillon.broker.BrokerOptions;
import dev.carillon.broker.Page;
import dev.carillon.broker.redis.script.Keys;
import dev.carillon.broker.redis.script.Retention;
import dev.carillon.scope.Position;
import dev.carillon.scope.Scope;
import dev.carillon.scope.Tenant;
import io.lettuce.core.RedisFuture;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.api.async.RedisAsyncCommands;
import io.lettuce.core.pubsub.StatefulRedisPubSubConnection;
import java.lang.reflect.Proxy;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/** A server whose scripts give the replies of a test. */
final class TestReplies {
    private static final int MAX_CALLS = 1_000;

    private TestReplies() {}

    private static final class Answer extends CompletableFuture<List<Object>> implements RedisFuture<List<Object>> {
        @Override
        public String getError() {
            return "";
        }

        @Override
        public boolean await(long timeout, TimeUnit unit) {
            return true;
        }
    }

    /** A page of the scripts' replies; fails if they are called without end. */
    @SuppressWarnings({"unchecked", "FutureReturnValueIgnored"}) // of a proxy, which gives the future on
    static CompletionStage<Page> page(Supplier<List<Object>> replies, Collection<Scope> scopes) {
        int[] calls = new int[1];
        RedisAsyncCommands<?, ?> commands = proxy(RedisAsyncCommands.class, () -> {
            if (++calls[0] > MAX_CALLS) {
                throw new AssertionError("called without an end");
            }
            Answer answer = new Answer();
            answer.complete(replies.get());
            return answer;
        });
        RedisSession session = new RedisSession(
                connection(StatefulRedisConnection.class, commands),
                connection(StatefulRedisPubSubConnection.class, commands),
                null,
                new ServerInfo("run_id:0123456789"),
                Platform.system());
        session.epochOpened(Tenant.DEFAULT);
        Keys keys = new Keys("carillon", 0);
        Retention retention = Retention.of(BrokerOptions.of("n"));
        return new PageReader(session, new Epochs(keys), keys, retention, Tenant.DEFAULT, scopes, Position.NONE, 10)
                .read();
    }

    private static <T> T connection(Class<T> type, RedisAsyncCommands<?, ?> commands) {
        return type.cast(Proxy.newProxyInstance(
                TestReplies.class.getClassLoader(),
                new Class<?>[] {type},
                (proxy, method, arguments) -> switch (method.getName()) {
                    case "async" -> commands;
                    case "isOpen" -> true;
                    case "closeAsync" -> CompletableFuture.completedFuture(null);
                    default -> null;
                }));
    }

    private static <T> T proxy(Class<T> type, Supplier<Object> evalsha) {
        return type.cast(Proxy.newProxyInstance(
                TestReplies.class.getClassLoader(), new Class<?>[] {type}, (proxy, method, arguments) -> {
                    if (method.getName().equals("evalsha")) {
                        return evalsha.get();
                    }
                    throw new UnsupportedOperationException(method.getName());
                }));
    }
}
