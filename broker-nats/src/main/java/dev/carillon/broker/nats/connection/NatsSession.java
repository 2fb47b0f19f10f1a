package dev.carillon.broker.nats.connection;

import dev.carillon.base.Platform;
import dev.carillon.base.Threads;
import dev.carillon.base.TimeLimit;
import dev.carillon.broker.BrokerOptions;
import dev.carillon.broker.BrokerUnavailableException;
import io.nats.client.Connection;
import io.nats.client.Dispatcher;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeoutException;

/**
 * One connection, which is never reconnected.
 *
 * <p>Therefore nothing of an old connection can reach a new server: messages that jnats still buffers when the connection breaks are
 * dropped with it, and whatever was checked of the server's process holds for the whole session.
 */
public class NatsSession {
    private final Connection connection;
    private final NatsApi api;
    private final Dispatcher live;
    private final Dispatcher watches;
    private final CompletableFuture<String> ended = new CompletableFuture<>();

    private final Threads threads;
    private final SharedRequest<Boolean> confirmation;
    private final PullInbox pulls;

    /**
     * @param live dispatcher for live events
     * @param watches dispatcher for changes of the store
     */
    public NatsSession(
            Connection connection, Dispatcher live, Dispatcher watches, BrokerOptions options, Platform platform) {
        Duration timeout = options.timeout();
        this.connection = connection;
        this.api = new NatsApi(
                connection,
                new TimeLimit(timeout, platform.timer()),
                options.nats().replicas());
        this.live = live;
        this.watches = watches;
        this.threads = platform.threads();
        CompletableFuture<String> end = ended;
        this.confirmation =
                new SharedRequest<>(() -> flush(connection, timeout, end), threads.each("carillon-nats-shared"));
        this.pulls = new PullInbox(connection);
    }

    public NatsApi api() {
        return api;
    }

    public Connection connection() {
        return connection;
    }

    public Dispatcher live() {
        return live;
    }

    public Dispatcher watches() {
        return watches;
    }

    PullInbox pulls() {
        return pulls;
    }

    public boolean alive() {
        return !ended.isDone();
    }

    /** Completes with the reason when the session has ended. */
    public CompletableFuture<String> ended() {
        return ended;
    }

    /** Ends the session; requests without an answer fail. Returns at once. */
    public void end(String reason) {
        if (ended.complete(reason)) {
            pulls.end();
            threads.blocking("carillon-nats-close", () -> {
                        try {
                            connection.close();
                        } catch (InterruptedException e) {
                            Thread.currentThread().interrupt();
                        }
                    })
                    .start();
        }
    }

    /** Completes when the server has processed all subscriptions sent before. */
    public CompletableFuture<Boolean> confirm() {
        return confirmation.next();
    }

    /**
     * As {@link #confirm()}; in a cluster, the server that leads the stream of this subject has processed them too. It may be another one, which is
     * notified of subscriptions later than this connection.
     */
    public CompletableFuture<Boolean> confirmAt(String subject) {
        return api.replicated() ? confirm().thenCompose(ok -> api.reach(subject)) : confirm();
    }

    private static Boolean flush(Connection connection, Duration timeout, CompletableFuture<String> ended)
            throws InterruptedException, TimeoutException {
        connection.flush(timeout);
        if (ended.isDone()) {
            throw new BrokerUnavailableException("the connection to NATS was lost");
        }
        return true;
    }
}
