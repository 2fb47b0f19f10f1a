package dev.carillon.delivery;

import dev.carillon.auth.Grants;
import dev.carillon.base.CarillonException;
import dev.carillon.base.CloseReason;
import dev.carillon.base.ErrorCode;
import dev.carillon.broker.Interest;
import dev.carillon.fanout.Connection;
import dev.carillon.fanout.ConnectionListener;
import dev.carillon.history.StartPoint;
import dev.carillon.scope.Position;
import java.nio.ByteBuffer;
import java.util.Collection;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * An endpoint's handle of an open event stream or WebSocket. Thread-safe; never blocks.
 *
 * <p>Changes are applied one after the other, in the order of the calls. At most {@value #MAX_CHANGES} may be pending; one more is refused with {@code
 * overloaded}. While scopes are added, the events of all scopes of the connection are buffered, so that they stay in log order.
 */
public final class OpenConnection implements ConnectionListener {
    private static final int MAX_CHANGES = 16;
    private static final byte[] NO_BYTES = {};
    private static final CompletableFuture<Void> NONE = CompletableFuture.completedFuture(null);

    private final Delivery delivery;
    private final ClientListener listener;
    private @Nullable Connection connection;
    private volatile @Nullable List<Interest> closedWith;

    /** The change that was requested last. Guarded by this, like {@link #changes}. */
    private CompletableFuture<Void> last = NONE;

    /** Number of pending changes. */
    private int changes;

    OpenConnection(Delivery delivery, ClientListener listener) {
        this.delivery = delivery;
        this.listener = listener;
    }

    void opening(Connection registered, Supplier<CompletionStage<Void>> begin) {
        connection = registered;
        CompletionStage<Void> _ = change(begin);
    }

    Connection connection() {
        return Objects.requireNonNull(connection);
    }

    /** Completes when the connection has the scopes that it was opened with, and receives each later event. Fails when it closes before. */
    public CompletionStage<Void> ready() {
        return change(() -> NONE);
    }

    /** The interests that the connection had when it was closed; empty while it is open. */
    List<Interest> closedWith() {
        List<Interest> held = closedWith;
        return held == null ? List.of() : held;
    }

    /**
     * Adds scopes. For each scope that it does not have yet, the client receives the retained events in log order and then every later event.
     *
     * @param from start point to resume these scopes from; scopes that the connection already has are replayed from there too. Null: start as a new
     *     subscriber
     * @param first bytes in the connection's wire format to write before the events of these scopes
     * @return completes when the scopes are live. Fails as the broker does, with {@code overloaded} if the node has no capacity, and when the
     *     connection closes; then none of the scopes was added, and if some of them were to be replayed, the connection closes
     */
    public CompletionStage<Void> subscribe(Collection<Interest> interests, @Nullable StartPoint from, byte[] first) {
        return subscribe(List.of(new Subscription(interests, from)), first);
    }

    /**
     * As {@link #subscribe(Collection, StartPoint, byte[])} for scopes with different start points: those that resume are replayed together, in log order
     * across their scopes.
     *
     * @param parts if several resume, each interest is in one of them and is a scope
     */
    public CompletionStage<Void> subscribe(List<Subscription> parts, byte[] first) {
        List<Subscription> wanted = List.copyOf(parts);
        wanted.forEach(part -> part.interests().forEach(this::requireOwnTenant));
        return change(() -> delivery.subscribe(this, wanted, cursor -> first));
    }

    /** As {@link #subscribe(Collection, StartPoint, byte[])}, without first bytes. */
    public CompletionStage<Void> subscribe(Collection<Interest> interests, @Nullable StartPoint from) {
        return subscribe(interests, from, NO_BYTES);
    }

    /**
     * As {@link #subscribe(List, byte[])}, after a stage has completed; it keeps its place among the changes.
     *
     * @param decided fails if the scopes must not be added
     */
    public CompletionStage<Void> subscribe(CompletionStage<Void> decided, List<Subscription> parts, byte[] first) {
        List<Subscription> wanted = List.copyOf(parts);
        wanted.forEach(part -> part.interests().forEach(this::requireOwnTenant));
        return change(() -> decided.thenCompose(x -> delivery.subscribe(this, wanted, cursor -> first)));
    }

    /** As {@link #subscribe(Collection, StartPoint, byte[])} for all scopes that the connection has. */
    public CompletionStage<Void> resume(StartPoint from, byte[] first) {
        return change(() -> delivery.resume(this, from, cursor -> first));
    }

    /**
     * Leaves all scopes, replaces grants of any tenant and user, and subscribes to scopes. In the same tenant the stream continues where it was; in another
     * one it begins as a new client.
     *
     * @param wanted maps the scopes before to those of the tenant of the grants
     * @param from start point of a client that had no scopes before; null: a new client
     * @param first bytes in the connection's wire format to write before the events; takes the cursor of the start of a new client
     * @return as {@link #subscribe(Collection, StartPoint, byte[])}
     */
    public CompletionStage<Void> authenticate(
            Grants grants,
            Function<List<Interest>, List<Interest>> wanted,
            @Nullable StartPoint from,
            Function<Optional<String>, byte[]> first) {
        return change(() -> delivery.authenticate(this, grants, wanted, from, first));
    }

    /** Removes scopes; completes when no further event of them is written. Scopes that the connection does not have are ignored. */
    public CompletionStage<Void> unsubscribe(Collection<Interest> interests) {
        List<Interest> unwanted = List.copyOf(interests);
        return change(() -> delivery.unsubscribe(this, unwanted));
    }

    /**
     * Replaces the grants and the expiry; completes when every later event is checked against them.
     *
     * @throws CarillonException {@code token-invalid}: the grants are of another tenant or user
     */
    public CompletionStage<Void> renew(Grants grants) {
        return renew(grants, current -> grants);
    }

    /**
     * As {@link #renew(Grants)}, with what the function makes of the current grants and the new ones.
     *
     * @param grants of the new token
     * @param merge called on the I/O thread with the grants of that time; returns grants of the same tenant and user
     */
    public CompletionStage<Void> renew(Grants grants, UnaryOperator<Grants> merge) {
        Grants before = connection().grants();
        if (!grants.tenant().equals(before.tenant()) || !Objects.equals(grants.user(), before.user())) {
            throw new CarillonException(
                    ErrorCode.TOKEN_INVALID,
                    "a connection can only be renewed with a token of the same tenant and user");
        }
        // Does not wait for pending changes: the old token might expire during a long replay.
        return delivery.replace(this, merge);
    }

    /** Replaces the grants by what the function makes of the current ones, of the same tenant and user; completes as {@link #renew(Grants)}. */
    public CompletionStage<Void> renew(UnaryOperator<Grants> change) {
        return delivery.renew(this, change);
    }

    /** The current grants. */
    public Grants grants() {
        return connection().grants();
    }

    /** Whether a change is pending: the client may not have received all events up to {@link #position()}. */
    public synchronized boolean isChanging() {
        return changes > 0;
    }

    /** Runs a short action on the connection's I/O thread, unless the connection is closed by then. */
    public void execute(Runnable action) {
        delivery.execute(this, action);
    }

    /** The interests of the connection. On its I/O thread. */
    public List<Interest> interests() {
        return connection().interests();
    }

    /** The position in the tenant's log up to which the client has received its events. On the connection's I/O thread. */
    public Position position() {
        return connection().position();
    }

    /** Id of the event at {@link #position()}; null: none, or not known. On the connection's I/O thread. */
    public @Nullable String lastId() {
        return connection().lastId();
    }

    /** Closes after a notice of the reason, if the socket accepts it at once. Does not wait for pending changes. */
    public void close(CloseReason reason) {
        delivery.close(this, reason);
    }

    /** Writes bytes in the connection's wire format, within the bounds of its outbox. */
    public void write(byte[] bytes) {
        delivery.write(this, bytes);
    }

    /** As {@link #write}, before it returns. On the connection's I/O thread, such as in {@link ClientListener#received}. */
    public void writeNow(byte[] bytes) {
        connection().write(bytes);
    }

    /** Writes a notice of the node, in the connection's wire format. On the connection's I/O thread. */
    public void noticeNow(String type, String data) {
        connection().write(connection().notice(type, data));
    }

    /** Closes after these bytes, which include the reason. On the connection's I/O thread. */
    public void closeNow(CloseReason reason, byte[] last) {
        connection().endWith(reason, last);
    }

    @Override
    public void received(ByteBuffer bytes, Connection from) {
        listener.received(bytes, this);
    }

    @Override
    public void tick(Connection of) {
        listener.tick(this);
    }

    @Override
    public String transport() {
        return listener.transport();
    }

    @Override
    public @Nullable String session() {
        return listener.session();
    }

    @Override
    public @Nullable String label() {
        return listener.label();
    }

    @Override
    public void closed(Connection closed, CloseReason reason, List<Interest> interests) {
        closedWith = interests;
        delivery.closed(this, closed, interests);
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
                        ErrorCode.OVERLOADED, "a connection may have at most " + MAX_CHANGES + " pending changes"));
            }
            changes++;
            before = last;
            last = done;
        }
        CompletableFuture<Void> _ = before.whenComplete((x, e) -> run(change, done));
        // A copy: the caller may complete it, as by a timeout, and the order of changes must not depend on that.
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
                    // Most connections never change, so they share one completed future.
                    last = NONE;
                }
            }
            if (e == null) {
                done.complete(null);
            } else {
                done.completeExceptionally(e);
            }
            delivery.changed(this);
        });
    }
}
