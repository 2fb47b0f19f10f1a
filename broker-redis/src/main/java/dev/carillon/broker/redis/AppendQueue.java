package dev.carillon.broker.redis;

import dev.carillon.base.Platform;
import dev.carillon.broker.BrokerUnavailableException;
import dev.carillon.broker.OverloadedException;
import dev.carillon.broker.redis.script.ScriptReply;
import io.lettuce.core.RedisCommandExecutionException;
import io.netty.util.concurrent.FastThreadLocalThread;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.BiFunction;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Broadcasts of one tenant on their way to the server, in groups.
 *
 * <pre>
 *   add ──► waiting ──send──► sent (at most 2 groups) ──reply──► answered
 *              └───── deadline ─────┴───── deadline ──────────► failed
 * </pre>
 *
 * <p>A broadcast is sent at once while fewer than {@value #MAX_SENT} calls have no reply; two, so that the server has work while a reply is on
 * its way. Broadcasts that arrive in the meantime wait, and share the next call: groups grow with the load, and without load nothing waits.
 *
 * <p>Order: only one thread sends at a time (the flag {@link #sending}), and takes groups from the head of the queue, so calls reach the
 * connection in the order of {@link #add}. Another thread that finds the flag set leaves its broadcasts to the thread that sends, which looks again
 * after it has cleared the flag. A thread of netty never sends: it would write at once, before the calls that other threads have queued for it.
 *
 * <p>A broadcast that is answered as failed while it waits is never sent. When the deadline of a sent one passes, its outcome is unknown;
 * its bytes stay charged until the call ends. Callbacks of answers run outside the lock.
 */
final class AppendQueue {
    /** Maximum number of calls without a reply. */
    static final int MAX_SENT = 2;
    /** Maximum number of waiting broadcasts; further ones are refused as overloaded. */
    static final int MAX_WAITING = 100_000;

    private final BiFunction<RedisSession, AppendGroup, CompletionStage<ScriptReply>> call;
    private final RedisLink link;
    private final Epochs epochs;
    private final Duration timeout;
    private final Platform platform;
    private final Executor threads;
    private final Consumer<AppendQueue> onIdle;

    // Below: guarded by this.
    private final Queue<PendingAppend> waiting = new ArrayDeque<>();
    private final List<AppendGroup> sent = new ArrayList<>(MAX_SENT);
    private boolean sending;
    /** Whether the check of deadlines is scheduled. */
    private boolean watched;
    /** Takes no more broadcasts. */
    private boolean closed;

    /**
     * @param call sends a group
     * @param onIdle called when the queue was empty for the timeout or less, and takes no more broadcasts; must not block
     */
    AppendQueue(
            BiFunction<RedisSession, AppendGroup, CompletionStage<ScriptReply>> call,
            RedisLink link,
            Epochs epochs,
            Duration timeout,
            Platform platform,
            Consumer<AppendQueue> onIdle) {
        this.call = call;
        this.link = link;
        this.epochs = epochs;
        this.timeout = timeout;
        this.platform = platform;
        this.threads = platform.threads().each("carillon-redis-append");
        this.onIdle = onIdle;
    }

    /** Adds broadcasts; {@link #send} must follow. False: the queue is closed. */
    boolean add(Collection<PendingAppend> appends) {
        synchronized (this) {
            if (closed) {
                return false;
            }
            if (!watched) {
                watched = true;
                watch(timeout.toNanos());
            }
            if (waiting.size() + appends.size() <= MAX_WAITING) {
                waiting.addAll(appends);
                return true;
            }
        }
        appends.forEach(append ->
                fail(append, new OverloadedException("more than " + MAX_WAITING + " broadcasts wait for the broker")));
        return true;
    }

    /** Sends what may be sent now. */
    void send() {
        if (Thread.currentThread() instanceof FastThreadLocalThread) {
            synchronized (this) {
                if (sending || sent.size() >= MAX_SENT || waiting.isEmpty()) {
                    return;
                }
            }
            threads.execute(this::sendAll);
        } else {
            sendAll();
        }
    }

    private void sendAll() {
        while (true) {
            AppendGroup group;
            synchronized (this) {
                if (sending || sent.size() >= MAX_SENT || waiting.isEmpty()) {
                    return;
                }
                sending = true;
                group = AppendGroup.next(waiting);
                sent.add(group);
            }
            try {
                RedisSession session = link.session();
                CompletionStage<Void> _ = call.apply(session, group).handle((reply, e) -> {
                    finished(session, group, reply, e);
                    return null;
                });
            } catch (RuntimeException e) {
                finished(null, group, null, e);
            }
            synchronized (this) {
                sending = false;
            }
        }
    }

    private void finished(
            @Nullable RedisSession session,
            AppendGroup group,
            @Nullable ScriptReply reply,
            @Nullable Throwable failure) {
        link.outstanding().addAndGet(-group.bytes());
        synchronized (this) {
            sent.remove(group);
        }
        // Before the answers: the server has work while they are handled.
        send();
        for (int i = 0; i < group.events().size(); i++) {
            PendingAppend append = group.events().get(i);
            if (reply == null) {
                append.answer.completeExceptionally(
                        Failures.of(failure == null ? new IllegalStateException("no reply") : failure));
            } else {
                answer(session, append, reply, i);
            }
        }
    }

    private void answer(@Nullable RedisSession session, PendingAppend append, ScriptReply reply, int number) {
        try {
            var appended = AppendGroup.answer(append.event, append.by, reply, number);
            epochs.seen(append.event.tenant(), appended.at().epoch());
            append.answer.complete(appended);
        } catch (RuntimeException e) {
            if (session != null && e instanceof RedisCommandExecutionException) {
                session.failed(e);
            }
            append.answer.completeExceptionally(Failures.of(e));
        }
    }

    private void watch(long nanos) {
        ScheduledFuture<?> _ = platform.timer().schedule(this::expire, nanos, TimeUnit.NANOSECONDS);
    }

    /** Fails the broadcasts whose deadline has passed. Runs on the timer. */
    private void expire() {
        long now = platform.nanoTime().getAsLong();
        List<PendingAppend> unsent = new ArrayList<>();
        List<PendingAppend> unanswered = new ArrayList<>();
        synchronized (this) {
            while (!waiting.isEmpty() && waiting.element().deadlineNanos - now <= 0) {
                unsent.add(waiting.remove());
            }
            // All have the same time, so the first that is not late is the next.
            long next = waiting.isEmpty() ? timeout.toNanos() : waiting.element().deadlineNanos - now;
            for (AppendGroup group : sent) {
                for (PendingAppend append : group.events()) {
                    long left = append.deadlineNanos - now;
                    if (left <= 0) {
                        unanswered.add(append);
                    } else {
                        next = Math.min(next, left);
                    }
                }
            }
            if (waiting.isEmpty() && sent.isEmpty()) {
                closed = true;
                onIdle.accept(this);
            } else {
                watch(next);
            }
        }
        unsent.forEach(append -> fail(
                append, new BrokerUnavailableException("Redis did not answer in time; the request had no effect")));
        unanswered.forEach(append -> append.answer.completeExceptionally(Failures.outcomeUnknown()));
    }

    /** Fails a broadcast that was not sent. */
    private void fail(PendingAppend append, RuntimeException why) {
        link.outstanding().addAndGet(-append.bytes());
        append.answer.completeExceptionally(why);
    }
}
