package dev.carillon.broker.redis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.carillon.broker.redis.TestSessions.Reply;
import dev.carillon.broker.redis.script.ScriptReply;
import dev.carillon.broker.redis.script.Scripts;
import io.lettuce.core.RedisCommandExecutionException;
import io.lettuce.core.pubsub.RedisPubSubListener;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a server says while a slot moves. */
class SlotMovesTest {
    private static final String CHANNEL = "carillon:{acme}:live:a";

    private final CopyOnWriteArrayList<RedisPubSubListener<String, byte[]>> listeners = new CopyOnWriteArrayList<>();
    private final Subscriptions subscriptions = new Subscriptions();
    private final List<String> commands = new CopyOnWriteArrayList<>();
    private final AtomicBoolean moved = new AtomicBoolean();

    private RedisSession session(String error) {
        RedisSession session = TestSessions.session(
                (name, arguments) -> {
                    commands.add(name);
                    boolean fails = name.equals("evalsha") || name.equals("ssubscribe") && moved.get();
                    return fails ? Reply.failed(new RedisCommandExecutionException(error)) : Reply.of("PONG");
                },
                listeners);
        session.listen(subscriptions);
        assertThat(subscriptions.restore(session)).isCompleted();
        return session;
    }

    private static void call(RedisSession session) {
        CompletionStage<ScriptReply> reply = session.run(Scripts.SNAPSHOT, List.of("key"), List.of());
        assertThat(reply).isCompletedExceptionally();
    }

    @ParameterizedTest
    @ValueSource(strings = {"ASK 1 127.0.0.1:1", "TRYAGAIN Multiple keys request during rehashing of slot"})
    void slot_that_is_moving_signals_nothing(String error) {
        RedisSession session = session(error);

        call(session);

        assertThat(session.signals()).isEmpty();
        assertThat(session.ended()).isNull();
    }

    @Test
    void slot_that_has_moved_is_signalled_once_and_as_no_loss() {
        RedisSession session = session("MOVED 1 127.0.0.1:1");

        call(session);
        call(session);

        assertThat(session.signals()).containsExactly(new RedisSession.Signal.SlotMoved());
    }

    @Test
    void channel_of_a_slot_that_returns_is_subscribed_again() {
        RedisSession session = session("MOVED 1 127.0.0.1:1");
        assertThat(subscriptions.subscribe(session, Map.of(CHANNEL, message -> {})))
                .isCompleted();
        moved.set(true);
        listeners.forEach(listener -> listener.sunsubscribed(CHANNEL, 0));

        session.subscribeAgain(subscriptions);
        assertThat(session.signals()).containsExactly(new RedisSession.Signal.SlotMoved());

        moved.set(false);
        commands.clear();
        session.subscribeAgain(subscriptions);
        assertThat(commands).contains("ssubscribe");
        assertThat(session.signals()).last().isEqualTo(new RedisSession.Signal.PossibleLoss("a slot has returned"));

        commands.clear();
        session.subscribeAgain(subscriptions);
        assertThat(commands).isEmpty();
    }

    @Test
    void channel_that_is_not_used_any_more_is_not_subscribed_again() {
        RedisSession session = session("MOVED 1 127.0.0.1:1");
        assertThat(subscriptions.subscribe(session, Map.of(CHANNEL, message -> {})))
                .isCompleted();
        listeners.forEach(listener -> listener.sunsubscribed(CHANNEL, 0));
        assertThat(subscriptions.unsubscribe(session, List.of(CHANNEL))).isCompleted();
        commands.clear();

        session.subscribeAgain(subscriptions);

        assertThat(commands).isEmpty();
    }

    @Test
    void channel_that_is_joined_again_before_its_leave_is_answered_signals_nothing() {
        Reply<String> answer = new Reply<>();
        AtomicBoolean leaves = new AtomicBoolean();
        RedisSession session =
                TestSessions.session((name, arguments) -> leaves.get() ? answer : Reply.of("PONG"), listeners);
        session.listen(subscriptions);
        assertThat(subscriptions.restore(session)).isCompleted();
        assertThat(subscriptions.subscribe(session, Map.of(CHANNEL, message -> {})))
                .isCompleted();
        leaves.set(true);
        CompletionStage<Void> left = subscriptions.unsubscribe(session, List.of(CHANNEL));
        leaves.set(false);
        assertThat(subscriptions.subscribe(session, Map.of(CHANNEL, message -> {})))
                .isCompleted();

        listeners.forEach(listener -> listener.sunsubscribed(CHANNEL, 0));
        answer.complete("PONG");

        assertThat(left).isCompleted();
        assertThat(session.signals()).isEmpty();
        listeners.forEach(listener -> listener.sunsubscribed(CHANNEL, 0));
        assertThat(session.signals()).containsExactly(new RedisSession.Signal.SlotMoved());
    }

    @Test
    void message_that_waits_while_its_channel_is_removed_is_not_delivered() throws InterruptedException {
        RedisSession session = session("MOVED 1 127.0.0.1:1");
        List<String> delivered = new CopyOnWriteArrayList<>();
        CountDownLatch inside = new CountDownLatch(1);
        CountDownLatch release = new CountDownLatch(1);
        assertThat(subscriptions.subscribe(session, Map.of("{a}slow", message -> {
                    inside.countDown();
                    awaitUninterruptibly(release);
                })))
                .isCompleted();
        assertThat(subscriptions.subscribe(session, Map.of("{a}b", message -> delivered.add("b"))))
                .isCompleted();
        List<Thread> threads = new ArrayList<>();
        threads.add(Thread.ofPlatform().start(() -> subscriptions.deliver(session, "{a}slow", new byte[0])));
        inside.await();
        threads.add(Thread.ofPlatform().start(() -> subscriptions.deliver(session, "{a}b", new byte[0])));
        await().until(() -> threads.getLast().getState() == Thread.State.WAITING);

        assertThat(subscriptions.unsubscribe(session, List.of("{a}b"))).isCompleted();
        release.countDown();
        for (Thread thread : threads) {
            thread.join();
        }

        assertThat(delivered).isEmpty();
    }

    @Test
    @SuppressWarnings("FutureReturnValueIgnored") // the connection returns it
    void replicas_are_asked_in_another_slot_of_the_server_when_the_first_moves() {
        List<Object> keys = new ArrayList<>();
        Replication replication = new Replication(
                TestSessions.connection((name, arguments) -> {
                    if (name.equals("set")) {
                        keys.add(arguments[0]);
                        return keys.size() == 1
                                ? Reply.failed(new RedisCommandExecutionException("ASK 1 127.0.0.1:1"))
                                : Reply.of("OK");
                    }
                    return Reply.of(1L);
                }),
                attempt -> "key-" + attempt,
                1,
                Duration.ofSeconds(1),
                () -> 0);

        assertThat(replication.confirm()).isCompleted();
        assertThat(keys).containsExactly("key-0", "key-1");
    }

    private static void awaitUninterruptibly(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }
}
