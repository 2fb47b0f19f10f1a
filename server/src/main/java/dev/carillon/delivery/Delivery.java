package dev.carillon.delivery;

import dev.carillon.auth.Grants;
import dev.carillon.base.Bytes;
import dev.carillon.base.CarillonException;
import dev.carillon.base.CloseReason;
import dev.carillon.base.ErrorCode;
import dev.carillon.broker.Interest;
import dev.carillon.broker.Live;
import dev.carillon.fanout.Connection;
import dev.carillon.fanout.ConnectionClosedException;
import dev.carillon.fanout.ConnectionOptions;
import dev.carillon.fanout.FanOut;
import dev.carillon.fanout.IoThread;
import dev.carillon.fanout.Pipe;
import dev.carillon.fanout.ReadEvent;
import dev.carillon.fanout.Received;
import dev.carillon.feed.Feed;
import dev.carillon.format.WireFormat;
import dev.carillon.history.Catchup;
import dev.carillon.history.StartPoint;
import dev.carillon.history.Starts;
import dev.carillon.limits.MemoryBudget;
import dev.carillon.quota.TenantLimits;
import dev.carillon.scope.Cursor;
import dev.carillon.scope.Position;
import dev.carillon.scope.TagFilter;
import dev.carillon.scope.Tenant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Function;
import java.util.function.IntSupplier;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Opens connections for endpoints; {@link OpenConnection} then changes and closes them. Thread-safe; never blocks.
 *
 * <p>A connection is opened in two steps. {@link #join} joins its interests on this node and resolves its start point, before the first byte of
 * the response. {@link Joined#open} then takes over the client's pipe.
 */
public final class Delivery {
    private static final Logger LOGGER = LoggerFactory.getLogger(Delivery.class);
    /** Maximum number of scopes of a connection: the topics that a request may name, and its tab, session, user and others. */
    public static final int MAX_INTERESTS = 1_100;

    private static final byte[] NO_BYTES = {};
    private static final int RETRY_LATER_MILLIS = 2_500;

    private final Feed feed;
    private final FanOut fanOut;
    private final TenantLimits limits;
    private final Catchup catchup;
    private final IntSupplier retryMillis;
    private final MembershipListener memberships;
    private final boolean listens;

    /** @param retryMillis supplies a random reconnect delay */
    public Delivery(
            Feed feed,
            FanOut fanOut,
            TenantLimits limits,
            Catchup catchup,
            IntSupplier retryMillis,
            MembershipListener memberships) {
        this.feed = feed;
        this.fanOut = fanOut;
        this.limits = limits;
        this.catchup = catchup;
        this.retryMillis = retryMillis;
        this.memberships = memberships;
        this.listens = !memberships.equals(MembershipListener.NONE);
    }

    /**
     * A client's request.
     *
     * @param from null: a new client
     * @param namesPosition whether the response names the event after which the client resumes
     * @param address the client's address, to which memory is charged
     */
    public record Request(
            Grants grants,
            List<Interest> interests,
            @Nullable StartPoint from,
            boolean namesPosition,
            long address) {}

    /**
     * Options of {@link Joined#open}.
     *
     * @param filter selects events of routes and topics by their tags; null: all events
     * @param announcement data of the first event, {@code carillon.open}; null: none. A reconnect delay is sent in any case
     * @param refusalHead returns the bytes to write in place of the head if the connection ends before it is open
     */
    public record OpenOptions(
            WireFormat format,
            @Nullable TagFilter filter,
            @Nullable String announcement,
            ClientListener listener,
            Function<CloseReason, byte[]> refusalHead) {}

    /**
     * Joins the interests of a client and resolves its start point. Fails as the broker does, if the memory budget refuses the charge, and with {@code
     * rate-limited} if the tenant has too many connections; then nothing is joined.
     */
    public CompletionStage<Joined> join(Request request) {
        List<Interest> interests = List.copyOf(new LinkedHashSet<>(request.interests()));
        Tenant tenant = request.grants().tenant();
        return stage(() -> {
            limits.open(tenant);
            return stage(() -> join(request, interests)).whenComplete((joined, e) -> {
                if (e != null) {
                    limits.close(tenant);
                }
            });
        });
    }

    private CompletionStage<Joined> join(Request request, List<Interest> interests) {
        return feed.join(interests, request.address())
                .thenCompose(x -> stage(() -> resolve(request.grants(), interests, request.from()))
                        .thenCompose(from -> position(request, from)
                                .thenApply(position -> new Joined(
                                        request.grants(), feed.interned(interests), from, position, request.address())))
                        .whenComplete((joined, e) -> {
                            if (e != null) {
                                feed.leave(interests, request.address());
                            }
                        }));
    }

    /** Resolves an event id to a position in the log; empty for a new client. */
    private CompletionStage<Optional<StartPoint>> resolve(
            Grants grants, Collection<Interest> interests, @Nullable StartPoint from) {
        return from instanceof StartPoint.LastEvent(String id)
                ? catchup.locate(grants, interests, id).thenApply(Optional::of)
                : CompletableFuture.completedFuture(Optional.ofNullable(from));
    }

    private CompletionStage<Optional<String>> position(Request request, Optional<StartPoint> from) {
        return switch (from.orElse(null)) {
            case StartPoint.Unknown _
            when request.namesPosition() -> CompletableFuture.completedFuture(Optional.of(Cursor.EARLIEST));
            case StartPoint.Known known
            when request.namesPosition() ->
                catchup.mayName(request.grants(), known)
                        .thenApply(may -> may ? Optional.of(known.id()) : Optional.empty());
            case null, default -> CompletableFuture.completedFuture(Optional.empty());
        };
    }

    /** A client whose interests are joined. The caller must {@link #open} or {@link #abandon} it. */
    public final class Joined {
        private final Grants grants;
        private final List<Interest> interests;
        private final Optional<StartPoint> from;
        private final Optional<String> position;
        private final long address;

        private Joined(
                Grants grants,
                List<Interest> interests,
                Optional<StartPoint> from,
                Optional<String> position,
                long address) {
            this.grants = grants;
            this.interests = interests;
            this.from = from;
            this.position = position;
            this.address = address;
        }

        /** If the request asked for it: the id that the client gave, if the response may name it, or {@value Cursor#EARLIEST}. */
        public Optional<String> position() {
            return position;
        }

        /** Leaves the interests instead of opening the client. */
        public void abandon() {
            feed.leave(interests, address);
            limits.close(grants.tenant());
        }

        /**
         * Opens the connection. On the pipe's I/O thread.
         *
         * @param head bytes to write before all others
         */
        public OpenConnection open(IoThread ioThread, Pipe pipe, byte[] head, OpenOptions options) {
            OpenConnection open = new OpenConnection(Delivery.this, options.listener());
            Connection connection = fanOut.register(
                    ioThread,
                    pipe,
                    new ConnectionOptions(
                            grants, options.format(), options.filter(), address, open, options.refusalHead()),
                    interests);
            open.opening(
                    connection,
                    () -> stage(() -> begin(connection, head, options)).whenComplete((x, e) -> {
                        if (e != null) {
                            log(e);
                            refuse(connection, reason(e), NO_BYTES);
                        }
                    }));
            return open;
        }

        private CompletionStage<Void> begin(Connection connection, byte[] head, OpenOptions options) {
            if (from.orElse(null) instanceof StartPoint.Known known) {
                return fanOut.replay(connection, Bytes.join(head, first(options, null)))
                        .thenCompose(x -> fanOut.awaitReplayWritten(connection))
                        .thenCompose(x -> resume(
                                connection, new Starts(List.of(new Starts.Start(interests, known))), Received.NOTHING));
            }
            try {
                fanOut.join(connection, interests);
            } catch (CarillonException e) {
                return CompletableFuture.failedFuture(e);
            }
            return beginNew(
                    connection,
                    interests,
                    start -> Bytes.join(head, first(options, Cursor.of(start))),
                    from,
                    Received.NOTHING);
        }

        /**
         * @param start cursor of a new client, which resumes from it if its stream ends before its first event; null: the client resumes, and has
         *     the id of its last event
         */
        private byte[] first(OpenOptions options, @Nullable String start) {
            String data = options.announcement();
            WireFormat format = options.format();
            if (data == null && interests.isEmpty()) {
                // It must authenticate first.
                return NO_BYTES;
            }
            // Of every client, so that those of a node that fails do not all come back at the same moment.
            byte[] retry = format.retry(retryMillis.getAsInt());
            return data == null ? retry : Bytes.join(retry, format.notice("carillon.open", start, data));
        }
    }

    private CompletionStage<Void> resume(Connection connection, Starts starts, Received received) {
        return catchup.resume(connection, starts, received).thenCompose(ready -> {
            fanOut.replayedUpTo(connection, ready.from().tenant());
            return open(connection, starts.interests(), NO_BYTES, ready);
        });
    }

    /**
     * Opens new memberships, whose live events are buffered already. A client whose start point is unknown receives {@code carillon.gap} first.
     *
     * @param first returns bytes to write before all others, given the position in the tenant's log after which the client receives every event
     */
    private CompletionStage<Void> beginNew(
            Connection connection,
            List<Interest> interests,
            Function<Position, byte[]> first,
            Optional<StartPoint> from,
            Received received) {
        return catchup.begin(connection.grants().tenant(), interests, received).thenCompose(ready -> {
            byte[] start = first.apply(ready.from().tenant());
            return open(
                    connection,
                    interests,
                    from.isEmpty() ? start : Bytes.join(start, fanOut.gap(connection, "unknown", null)),
                    ready);
        });
    }

    private CompletionStage<Void> open(
            Connection connection, List<Interest> interests, byte[] first, Catchup.Ready ready) {
        List<ReadEvent> read = new ArrayList<>(ready.retained().size());
        for (Live live : ready.retained()) {
            fanOut.read(connection, live, interests).ifPresent(read::add);
        }
        Position from = ready.from().tenant();
        // The reads may be of an epoch that ended before the feed knew it, and reported its end to no client.
        boolean isOld = from.epoch() != 0 && feed.opened(connection.grants().tenant(), from);
        byte[] told = isOld ? Bytes.join(first, fanOut.gap(connection, "epoch", from)) : first;
        return fanOut.open(connection, told, read, ready.from());
    }

    /**
     * Refuses a client temporarily: writes a reconnect delay and closes. On the pipe's I/O thread.
     *
     * @param head bytes to write before all others
     */
    public void refuse(IoThread ioThread, Pipe pipe, WireFormat format, byte[] head) {
        refuse(refused(ioThread, pipe, format), CloseReason.UNAVAILABLE, head);
    }

    /** As {@link #refuse(IoThread, Pipe, WireFormat, byte[])}, with a reason and a reconnect delay of the caller's. */
    public void refuse(
            IoThread ioThread, Pipe pipe, WireFormat format, byte[] head, CloseReason reason, int delayMillis) {
        Connection connection = refused(ioThread, pipe, format);
        fanOut.close(connection, reason, Bytes.join(head, fanOut.retry(connection, delayMillis)));
    }

    private Connection refused(IoThread ioThread, Pipe pipe, WireFormat format) {
        return fanOut.register(
                ioThread,
                pipe,
                new ConnectionOptions(
                        Grants.ANONYMOUS, format, MemoryBudget.NO_ADDRESS, (closed, reason, interests) -> {}),
                List.of());
    }

    private static CloseReason reason(Throwable e) {
        return cause(e) instanceof CarillonException known && known.code() == ErrorCode.OVERLOADED
                ? CloseReason.OVERLOADED
                : CloseReason.UNAVAILABLE;
    }

    private void refuse(Connection connection, CloseReason reason, byte[] head) {
        // Longer than after other closes, as the node or its broker needs time to recover.
        int delay = RETRY_LATER_MILLIS + retryMillis.getAsInt();
        fanOut.close(connection, reason, Bytes.join(head, fanOut.retry(connection, delay)));
    }

    /**
     * Subscribes an open connection to more scopes. Parts that resume are replayed together; the others begin after them. Scopes that it already has are
     * skipped, or replayed if their part resumes.
     *
     * @param first returns bytes to write before the events; takes the cursor of the start if no part resumes
     */
    CompletionStage<Void> subscribe(
            OpenConnection open, List<Subscription> parts, Function<Optional<String>, byte[]> first) {
        Connection connection = open.connection();
        return fanOut.interests(connection).thenCompose(present -> {
            Set<Interest> before = new HashSet<>(present);
            List<Subscription> wanted =
                    parts.stream().map(part -> part.without(before)).toList();
            List<Interest> more =
                    wanted.stream().flatMap(part -> part.interests().stream()).toList();
            List<Interest> again = more.stream().filter(before::contains).toList();
            if (more.isEmpty()) {
                fanOut.write(connection, first.apply(Optional.empty()));
                return CompletableFuture.completedFuture(null);
            }
            if (present.size() + more.size() - again.size() > MAX_INTERESTS) {
                return CompletableFuture.failedFuture(new CarillonException(
                        ErrorCode.INVALID_REQUEST, "a connection may have at most " + MAX_INTERESTS + " scopes"));
            }
            long address = connection.address();
            AtomicBoolean replays = new AtomicBoolean(!again.isEmpty());
            // Left before they are joined again, so that a client which disconnects in between holds them only once.
            return closingOnFailure(
                    open,
                    replays,
                    unsubscribe(open, again)
                            .thenCompose(x -> feed.join(more, address))
                            .thenCompose(x -> stage(() -> add(connection, wanted, first, replays))
                                    .handle((y, e) -> e == null
                                            ? CompletableFuture.<Void>completedFuture(null)
                                            : rollBack(open, more)
                                                    .thenCompose(z -> CompletableFuture.<Void>failedFuture(e)))
                                    .thenCompose(done -> done)));
        });
    }

    /**
     * Scopes that were left in order to be resumed cannot be had back without a gap, and the client cannot know which events of a replay it lacks. So the
     * connection closes if that fails, and the client resumes all of its scopes when it reconnects.
     *
     * @param replays whether scopes were left, or a replay has begun
     */
    private CompletionStage<Void> closingOnFailure(
            OpenConnection open, AtomicBoolean replays, CompletionStage<Void> change) {
        return change.whenComplete((x, e) -> {
            if (e != null && replays.get()) {
                fanOut.close(open.connection(), reason(e), NO_BYTES);
            }
        });
    }

    private CompletionStage<Void> add(
            Connection connection,
            List<Subscription> parts,
            Function<Optional<String>, byte[]> first,
            AtomicBoolean replays) {
        List<Starts.Start> known = new ArrayList<>();
        List<Interest> unknown = new ArrayList<>();
        List<Interest> fresh = new ArrayList<>();
        CompletionStage<Void> resolved = CompletableFuture.completedFuture(null);
        for (Subscription part : parts) {
            if (part.interests().isEmpty()) {
                continue;
            }
            List<Interest> interests = feed.interned(part.interests());
            resolved = resolved.thenCompose(x -> resolve(connection.grants(), interests, part.from()))
                    .thenAccept(at -> {
                        switch (at.orElse(null)) {
                            case null -> fresh.addAll(interests);
                            case StartPoint.Known from -> known.add(new Starts.Start(interests, from));
                            case StartPoint.Unknown _, StartPoint.LastEvent _ -> unknown.addAll(interests);
                        }
                    });
        }
        return resolved.thenCompose(x -> {
                    if (known.isEmpty()) {
                        return CompletableFuture.completedFuture(first);
                    }
                    replays.set(true);
                    return addResuming(connection, new Starts(known), first.apply(Optional.empty()))
                            .<Function<Optional<String>, byte[]>>thenApply(y -> cursor -> NO_BYTES);
                })
                .thenCompose(next -> fresh.isEmpty()
                        ? CompletableFuture.completedFuture(next)
                        : addNew(connection, fresh, Optional.empty(), next)
                                .<Function<Optional<String>, byte[]>>thenApply(y -> cursor -> NO_BYTES))
                .thenCompose(next -> unknown.isEmpty()
                        ? CompletableFuture.<Void>completedFuture(null)
                        : addNew(connection, unknown, Optional.of(new StartPoint.Unknown()), next));
    }

    private CompletionStage<Void> addResuming(Connection connection, Starts starts, byte[] first) {
        return fanOut.replay(connection, first)
                // The outbox must be empty first: it need not hold both its events and the first part of the replay.
                .thenCompose(x -> fanOut.awaitReplayWritten(connection))
                .thenCompose(x -> fanOut.received(connection))
                .thenCompose(received -> resume(connection, starts, received));
    }

    private CompletionStage<Void> addNew(
            Connection connection,
            List<Interest> interests,
            Optional<StartPoint> from,
            Function<Optional<String>, byte[]> first) {
        return fanOut.received(connection)
                .thenCompose(received -> fanOut.joinAsync(connection, interests)
                        .thenCompose(x -> beginNew(
                                connection,
                                interests,
                                start -> first.apply(Optional.of(Cursor.of(start))),
                                from,
                                received)));
    }

    /** Replays all scopes of an open connection. */
    CompletionStage<Void> resume(OpenConnection open, StartPoint from, Function<Optional<String>, byte[]> first) {
        return fanOut.interests(open.connection())
                .thenCompose(all -> all.isEmpty()
                        ? CompletableFuture.failedFuture(new CarillonException(
                                ErrorCode.INVALID_REQUEST, "the connection has no scopes to resume"))
                        : subscribe(open, List.of(new Subscription(all, from)), first));
    }

    /** Replaces the scopes and grants of an open connection, which may be of another tenant. */
    CompletionStage<Void> authenticate(
            OpenConnection open,
            Grants grants,
            Function<List<Interest>, List<Interest>> wanted,
            @Nullable StartPoint from,
            Function<Optional<String>, byte[]> first) {
        Connection connection = open.connection();
        return fanOut.interests(connection).thenCompose(before -> {
            boolean continues =
                    !before.isEmpty() && connection.grants().tenant().equals(grants.tenant());
            Tenant old = connection.grants().tenant();
            limits.open(grants.tenant());
            return unsubscribe(open, before)
                    .thenCompose(x -> fanOut.position(connection))
                    .thenCompose(
                            position -> fanOut.authenticate(connection, grants).thenApply(x -> position))
                    .whenComplete((x, e) -> limits.close(e == null ? old : grants.tenant()))
                    .thenCompose(position -> continues
                            ? continueFrom(open, position, before, wanted.apply(before), first)
                            : subscribe(
                                    open,
                                    List.of(new Subscription(wanted.apply(before), before.isEmpty() ? from : null)),
                                    first));
        });
    }

    /** Continues the scopes that the connection had in the same tenant, and begins the others as a new client, with their retained events. */
    private CompletionStage<Void> continueFrom(
            OpenConnection open,
            Position position,
            List<Interest> before,
            List<Interest> wanted,
            Function<Optional<String>, byte[]> first) {
        List<Interest> added = new ArrayList<>(wanted);
        added.removeAll(new HashSet<>(before));
        List<Interest> kept = new ArrayList<>(wanted);
        kept.removeAll(new HashSet<>(added));
        StartPoint from = new StartPoint.LastEvent(Cursor.of(position));
        return subscribe(open, List.of(new Subscription(kept, from), new Subscription(added, null)), first);
    }

    /** Undoes a failed subscription. Never fails. */
    private CompletableFuture<Void> rollBack(OpenConnection open, List<Interest> interests) {
        Connection connection = open.connection();
        return fanOut.cancelJoin(connection, interests)
                // If the connection closed meanwhile, it already left the interests that it had then.
                .handle((x, e) -> {
                    List<Interest> joined = new ArrayList<>(interests);
                    if (e != null) {
                        joined.removeAll(new HashSet<>(open.closedWith()));
                    }
                    feed.leave(joined, connection.address());
                    return (Void) null;
                })
                .toCompletableFuture();
    }

    /** Interests that the connection does not have are ignored. */
    CompletionStage<Void> unsubscribe(OpenConnection open, Collection<Interest> interests) {
        Connection connection = open.connection();
        return interests.isEmpty()
                ? CompletableFuture.completedFuture(null)
                : fanOut.leave(connection, interests).thenAccept(left -> feed.leave(left, connection.address()));
    }

    /** As {@link #renew}, by another token, whose user may have other data. */
    CompletionStage<Void> replace(OpenConnection open, UnaryOperator<Grants> change) {
        return renew(open, change).thenRun(() -> changed(open));
    }

    /** Tells the listener of memberships what the connection has after a change, whether it succeeded or not. */
    void changed(OpenConnection open) {
        if (listens) {
            Connection connection = open.connection();
            execute(open, () -> {
                // A pending change may have left scopes in order to resume them; it calls this when it is done.
                if (!open.isChanging()) {
                    memberships.changed(open, connection.grants(), connection.interests());
                }
            });
        }
    }

    CompletionStage<Void> renew(OpenConnection open, UnaryOperator<Grants> change) {
        return fanOut.renew(open.connection(), change);
    }

    void execute(OpenConnection open, Runnable action) {
        fanOut.execute(open.connection(), action);
    }

    void close(OpenConnection open, CloseReason reason) {
        fanOut.close(open.connection(), reason, NO_BYTES);
    }

    void write(OpenConnection open, byte[] bytes) {
        fanOut.write(open.connection(), bytes);
    }

    void closed(OpenConnection open, Connection connection, List<Interest> interests) {
        feed.leave(interests, connection.address());
        limits.close(connection.grants().tenant());
        if (listens) {
            memberships.changed(open, connection.grants(), List.of());
        }
    }

    /** Turns an exception into a failed stage. */
    private static <T> CompletionStage<T> stage(Supplier<CompletionStage<T>> begin) {
        try {
            return begin.get();
        } catch (RuntimeException e) {
            return CompletableFuture.failedFuture(e);
        }
    }

    private static Throwable cause(Throwable failure) {
        return failure instanceof CompletionException && failure.getCause() != null ? failure.getCause() : failure;
    }

    private static void log(Throwable failure) {
        Throwable cause = cause(failure);
        if (cause instanceof CarillonException || cause instanceof ConnectionClosedException) {
            LOGGER.atDebug().log("refused a connection temporarily: {}", cause.getMessage());
        } else {
            LOGGER.error("a connection could not be opened", cause);
        }
    }
}
