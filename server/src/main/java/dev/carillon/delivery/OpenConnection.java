package dev.carillon.delivery;

import dev.carillon.auth.Grants;
import dev.carillon.base.CarillonException;
import dev.carillon.base.CloseReason;
import dev.carillon.base.ErrorCode;
import dev.carillon.broker.Interest;
import dev.carillon.fanout.Connection;
import dev.carillon.fanout.ConnectionListener;
import dev.carillon.history.From;
import java.nio.ByteBuffer;
import java.util.Collection;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * An open event stream or WebSocket, as its endpoint holds it. Thread-safe; never blocks.
 *
 * <p>Its changes happen one after the other, in the order of the calls, the first after it was opened. At most {@value #MAX_CHANGES} wait; one
 * more is refused with {@code overloaded}. While scopes are added, the events of all its scopes wait, so that they stay in log order.
 */
public final class OpenConnection implements ConnectionListener {
    private static final int MAX_CHANGES = 16;
    private static final CompletableFuture<Void> NONE = CompletableFuture.completedFuture(null);

    private final Delivery delivery;
    private final ClientListener listener;
    private @Nullable Connection connection;
    private volatile @Nullable List<Interest> closedWith;

    /** The change that was asked for last. Guarded by this, as is the next. */
    private CompletableFuture<Void> last = NONE;

    /** How many have not ended. */
    private int changes;

    OpenConnection(Delivery delivery, ClientListener listener) {
        this.delivery = delivery;
        this.listener = listener;
    }

    void opening(Connection taken, Supplier<CompletionStage<Void>> begin) {
        connection = taken;
        CompletionStage<Void> _ = change(begin);
    }

    Connection connection() {
        return Objects.requireNonNull(connection);
    }

    /** The interests that it had when it was closed; none while it is open. */
    List<Interest> closedWith() {
        List<Interest> held = closedWith;
        return held == null ? List.of() : held;
    }

    /**
     * Adds scopes. The client receives, for those that it does not have already, their retained events in log order and then every later event.
     *
     * @param from where it goes on in these scopes, also in those that it has already, of which it then receives again what it asks for; null: it
     *     begins anew
     * @return completes when the scopes are live. Fails as the broker does, with {@code overloaded} where the node has no room, and when the
     *     connection closes; then none of them was added, and one that it was to resume is no longer subscribed
     */
    public CompletionStage<Void> subscribe(Collection<Interest> interests, @Nullable From from) {
        interests.forEach(this::requireOwnTenant);
        List<Interest> wanted = List.copyOf(interests);
        return change(() -> delivery.subscribe(this, wanted, from));
    }

    /** Takes scopes away; completes when no further event of theirs is written. Those that it does not have are left out. */
    public CompletionStage<Void> unsubscribe(Collection<Interest> interests) {
        List<Interest> unwanted = List.copyOf(interests);
        return change(() -> delivery.unsubscribe(this, unwanted));
    }

    /**
     * Replaces the grants, and with them when the connection expires; completes when every later event is checked against them.
     *
     * @throws CarillonException {@code token-invalid}: they are another tenant's or user's than those before
     */
    public CompletionStage<Void> renew(Grants grants) {
        Grants before = connection().grants();
        if (!grants.tenant().equals(before.tenant()) || !Objects.equals(grants.user(), before.user())) {
            throw new CarillonException(
                    ErrorCode.TOKEN_INVALID,
                    "a connection can only be renewed with a token of the same tenant and user");
        }
        // Not behind a long replay: the token before may expire meanwhile.
        return delivery.renew(this, grants);
    }

    /** The grants as they were renewed last. */
    public Grants grants() {
        return connection().grants();
    }

    /** Tells the client the reason, where its socket takes it at once, and closes. Does not wait for changes. */
    public void close(CloseReason reason) {
        delivery.close(this, reason);
    }

    /** Writes bytes of the endpoint's own, in its wire format; they count against the bounds of the connection's outbox. */
    public void write(byte[] bytes) {
        delivery.write(this, bytes);
    }

    /** As {@link #write}, at once; on the connection's I/O thread, such as in {@link ClientListener#received}. */
    public void writeNow(byte[] bytes) {
        connection().write(bytes);
    }

    /** Closes with last bytes that tell the reason themselves; on the connection's I/O thread. */
    public void closeNow(CloseReason reason, byte[] last) {
        connection().endWith(reason, last);
    }

    @Override
    public void received(ByteBuffer bytes, Connection from) {
        listener.received(bytes, this);
    }

    @Override
    public void closed(Connection closed, CloseReason reason, List<Interest> interests) {
        closedWith = interests;
        delivery.left(interests, closed.address());
        listener.closed(reason);
    }

    private void requireOwnTenant(Interest interest) {
        if (!interest.tenant().equals(grants().tenant()) && !interest.tenant().isSideLog()) {
            throw new IllegalArgumentException("an interest of another tenant: " + interest);
        }
    }

    private CompletionStage<Void> change(Supplier<CompletionStage<Void>> change) {
        CompletableFuture<Void> before;
        CompletableFuture<Void> done = new CompletableFuture<>();
        synchronized (this) {
            if (changes == MAX_CHANGES) {
                return CompletableFuture.failedFuture(new CarillonException(
                        ErrorCode.OVERLOADED, "at most " + MAX_CHANGES + " changes of a connection may wait"));
            }
            changes++;
            before = last;
            last = done;
        }
        CompletableFuture<Void> _ = before.whenComplete((x, e) -> run(change, done));
        // A caller may complete what it has, as by a time limit; the order of changes must not depend on that.
        return done.copy();
    }

    private void run(Supplier<CompletionStage<Void>> change, CompletableFuture<Void> done) {
        CompletionStage<Void> running;
        try {
            running = change.get();
        } catch (RuntimeException e) {
            running = CompletableFuture.failedFuture(e);
        }
        CompletionStage<Void> _ = running.whenComplete((x, e) -> {
            synchronized (this) {
                changes--;
                if (changes == 0) {
                    // Thousands are open and do not change: they keep no future of their own.
                    last = NONE;
                }
            }
            if (e == null) {
                done.complete(null);
            } else {
                done.completeExceptionally(e);
            }
        });
    }
}
