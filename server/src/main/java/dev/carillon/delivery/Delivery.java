package dev.carillon.delivery;

import dev.carillon.auth.Grants;
import dev.carillon.base.Bytes;
import dev.carillon.base.CarillonException;
import dev.carillon.base.CloseReason;
import dev.carillon.base.ErrorCode;
import dev.carillon.broker.Interest;
import dev.carillon.broker.Live;
import dev.carillon.fanout.Connection;
import dev.carillon.fanout.ConnectionOptions;
import dev.carillon.fanout.FanOut;
import dev.carillon.fanout.GoneException;
import dev.carillon.fanout.IoThread;
import dev.carillon.fanout.Pipe;
import dev.carillon.fanout.ReadEvent;
import dev.carillon.fanout.Received;
import dev.carillon.feed.Feed;
import dev.carillon.format.WireFormat;
import dev.carillon.history.Catchup;
import dev.carillon.history.From;
import dev.carillon.limits.MemoryBudget;
import dev.carillon.scope.Cursor;
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
import java.util.function.IntSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Opens connections for endpoints. An opened one can change: {@link OpenConnection} subscribes it to more scopes, resumes, unsubscribes,
 * renews its token and closes it. Thread-safe; never blocks.
 *
 * <p>A connection is opened in two steps. {@link #join} has the node joined to its interests and finds out from where it goes on, before the
 * first byte of the answer; {@link Joined#open} then takes the client over.
 */
public final class Delivery {
    private static final Logger LOGGER = LoggerFactory.getLogger(Delivery.class);
    /** Scopes of a connection; beyond the topics that a request may name there are its tab, session, user and some more. */
    public static final int MAX_INTERESTS = 1_100;

    private static final byte[] NO_BYTES = {};
    private static final int RETRY_LATER_MILLIS = 2_500;

    private final Feed feed;
    private final FanOut fanOut;
    private final Catchup catchup;
    private final IntSupplier retryMillis;

    /** @param retryMillis a delay, at random, after which a client comes back that loses its connection */
    public Delivery(Feed feed, FanOut fanOut, Catchup catchup, IntSupplier retryMillis) {
        this.feed = feed;
        this.fanOut = fanOut;
        this.catchup = catchup;
        this.retryMillis = retryMillis;
    }

    /**
     * What a client asks for.
     *
     * @param from null: a new client
     * @param namesPosition whether the answer is to name the event after which the client goes on
     * @param address of the client, to which memory is charged
     */
    public record Request(
            Grants grants,
            List<Interest> interests,
            @Nullable From from,
            boolean namesPosition,
            long address) {}

    /**
     * How a connection begins.
     *
     * @param announcement the data of the event {@code carillon.open}, which comes first with a delay for coming back; null: none
     */
    public record Beginning(WireFormat format, @Nullable String announcement, ClientListener listener) {}

    /**
     * Joins the interests of a client and looks up where it was. Fails as the broker does, and where the memory is refused; then nothing is held.
     */
    public CompletionStage<Joined> join(Request request) {
        List<Interest> interests = List.copyOf(new LinkedHashSet<>(request.interests()));
        return feed.join(interests, request.address())
                .thenCompose(x -> stage(() -> located(request.grants(), interests, request.from()))
                        .thenCompose(from -> position(request, from)
                                .thenApply(position -> new Joined(
                                        request.grants(), feed.interned(interests), from, position, request.address())))
                        .whenComplete((joined, e) -> {
                            if (e != null) {
                                feed.leave(interests, request.address());
                            }
                        }));
    }

    /** Of the kinds of {@link From}, or null for a new client; never one that is still to be looked up. */
    private CompletionStage<Optional<From>> located(
            Grants grants, Collection<Interest> interests, @Nullable From from) {
        return from instanceof From.LastEvent(String id)
                ? catchup.locate(grants, interests, id).thenApply(Optional::of)
                : CompletableFuture.completedFuture(Optional.ofNullable(from));
    }

    private CompletionStage<Optional<String>> position(Request request, Optional<From> from) {
        return switch (from.orElse(null)) {
            case From.Unknown _
            when request.namesPosition() -> CompletableFuture.completedFuture(Optional.of(Cursor.EARLIEST));
            case From.Known known
            when request.namesPosition() ->
                catchup.mayName(request.grants(), known)
                        .thenApply(may -> may ? Optional.of(known.id()) : Optional.empty());
            case null, default -> CompletableFuture.completedFuture(Optional.empty());
        };
    }

    /** A client whose interests the node has joined. It is opened, or {@linkplain #abandon abandoned}. */
    public final class Joined {
        private final Grants grants;
        private final List<Interest> interests;
        private final Optional<From> from;
        private final Optional<String> position;
        private final long address;

        private Joined(
                Grants grants, List<Interest> interests, Optional<From> from, Optional<String> position, long address) {
            this.grants = grants;
            this.interests = interests;
            this.from = from;
            this.position = position;
            this.address = address;
        }

        /** The id that the client gave, as far as it may be named to it, or {@value Cursor#EARLIEST}; where the request asked for it. */
        public Optional<String> position() {
            return position;
        }

        /** The client is not opened after all. */
        public void abandon() {
            feed.leave(interests, address);
        }

        /**
         * Takes the client over; on the pipe's I/O thread.
         *
         * @param head bytes that come before all others
         */
        public OpenConnection open(IoThread ioThread, Pipe pipe, byte[] head, Beginning beginning) {
            OpenConnection open = new OpenConnection(Delivery.this, beginning.listener());
            Connection connection = fanOut.take(
                    ioThread, pipe, new ConnectionOptions(grants, beginning.format(), address, open), interests);
            boolean resumes = from.orElse(null) instanceof From.Known;
            open.opening(
                    connection,
                    () -> stage(() -> begin(connection, Bytes.join(head, first(beginning))))
                            .whenComplete((x, e) -> {
                                if (e != null) {
                                    log(e);
                                    // Where it resumes the head is out already.
                                    refuse(connection, e, resumes ? NO_BYTES : head);
                                }
                            }));
            return open;
        }

        private CompletionStage<Void> begin(Connection connection, byte[] first) {
            if (from.orElse(null) instanceof From.Known known) {
                return fanOut.replay(connection, first)
                        .thenCompose(x -> fanOut.taken(connection))
                        .thenCompose(x -> resume(connection, interests, known, Received.NOTHING));
            }
            try {
                fanOut.enlist(connection, interests);
            } catch (CarillonException e) {
                return CompletableFuture.failedFuture(e);
            }
            return beginNew(connection, interests, first, from, Received.NOTHING);
        }

        private byte[] first(Beginning beginning) {
            String data = beginning.announcement();
            WireFormat format = beginning.format();
            return data == null
                    ? NO_BYTES
                    : Bytes.join(format.retry(retryMillis.getAsInt()), format.notice("carillon.open", data));
        }
    }

    private CompletionStage<Void> resume(
            Connection connection, List<Interest> interests, From.Known known, Received received) {
        return catchup.resume(connection, interests, known, received).thenCompose(ready -> {
            fanOut.replayedUpTo(connection, ready.from().tenant());
            return open(connection, interests, NO_BYTES, ready);
        });
    }

    /** Opens new memberships, whose live events are held back already. A client whose position is unknown receives {@code carillon.gap} first. */
    private CompletionStage<Void> beginNew(
            Connection connection, List<Interest> interests, byte[] first, Optional<From> from, Received received) {
        byte[] told = from.isEmpty() ? first : Bytes.join(first, fanOut.gap(connection, "unknown", null));
        return catchup.begin(connection.grants().tenant(), interests, received)
                .thenCompose(ready -> open(connection, interests, told, ready));
    }

    private CompletionStage<Void> open(
            Connection connection, List<Interest> interests, byte[] first, Catchup.Ready ready) {
        List<ReadEvent> read = new ArrayList<>(ready.retained().size());
        for (Live live : ready.retained()) {
            fanOut.read(connection, live, interests).ifPresent(read::add);
        }
        return fanOut.open(connection, first, read, ready.from());
    }

    /**
     * Takes a client that is refused for a time, tells it so and closes; on the pipe's I/O thread.
     *
     * @param head bytes that come before all others
     */
    public void refuse(IoThread ioThread, Pipe pipe, WireFormat format, byte[] head) {
        Connection connection = fanOut.take(
                ioThread,
                pipe,
                new ConnectionOptions(
                        Grants.ANONYMOUS, format, MemoryBudget.NO_ADDRESS, (closed, reason, interests) -> {}),
                List.of());
        refuse(connection, CloseReason.UNAVAILABLE, head);
    }

    private void refuse(Connection connection, Throwable e, byte[] head) {
        CloseReason reason = cause(e) instanceof CarillonException known && known.code() == ErrorCode.OVERLOADED
                ? CloseReason.OVERLOADED
                : CloseReason.UNAVAILABLE;
        refuse(connection, reason, head);
    }

    private void refuse(Connection connection, CloseReason reason, byte[] head) {
        // The node or the broker needs time: later than after other closes.
        int delay = RETRY_LATER_MILLIS + retryMillis.getAsInt();
        fanOut.close(connection, reason, Bytes.join(head, fanOut.retry(connection, delay)));
    }

    /**
     * Subscribes an open connection to more scopes, of which it receives what a new client does, or what it missed. Those that it has already are
     * left out, or, where it resumes, replayed.
     */
    CompletionStage<Void> subscribe(OpenConnection open, Collection<Interest> wanted, @Nullable From from) {
        Connection connection = open.connection();
        return fanOut.interests(connection).thenCompose(present -> {
            Set<Interest> before = new HashSet<>(present);
            List<Interest> more = new ArrayList<>(new LinkedHashSet<>(wanted));
            if (from == null) {
                more.removeIf(before::contains);
            }
            List<Interest> again = more.stream().filter(before::contains).toList();
            if (more.isEmpty()) {
                return CompletableFuture.completedFuture(null);
            }
            if (present.size() + more.size() - again.size() > MAX_INTERESTS) {
                return CompletableFuture.failedFuture(new CarillonException(
                        ErrorCode.INVALID_REQUEST, "a connection may have at most " + MAX_INTERESTS + " scopes"));
            }
            long address = connection.address();
            // Given back before they are joined anew: a client that leaves meanwhile has them once.
            return unsubscribe(open, again)
                    .thenCompose(x -> feed.join(more, address))
                    .thenCompose(x -> fanOut.received(connection)
                            .thenCompose(received -> located(connection.grants(), more, from)
                                    .thenCompose(at -> add(connection, feed.interned(more), at, received)))
                            .handle((y, e) -> e == null
                                    ? CompletableFuture.<Void>completedFuture(null)
                                    : takeBack(open, more).thenCompose(z -> CompletableFuture.<Void>failedFuture(e)))
                            .thenCompose(done -> done));
        });
    }

    private CompletionStage<Void> add(
            Connection connection, List<Interest> interests, Optional<From> from, Received received) {
        return from.orElse(null) instanceof From.Known known
                // What waits in the outbox, and the first part, need not fit in together.
                ? fanOut.taken(connection).thenCompose(x -> resume(connection, interests, known, received))
                : fanOut.hold(connection, interests)
                        .thenCompose(x -> beginNew(connection, interests, NO_BYTES, from, received));
    }

    /** Of a subscription that failed. Never fails. */
    private CompletableFuture<Void> takeBack(OpenConnection open, List<Interest> interests) {
        Connection connection = open.connection();
        return fanOut.release(connection, interests)
                // Where it has closed meanwhile, what it had then was left already.
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

    /** Those that it does not have are left out. */
    CompletionStage<Void> unsubscribe(OpenConnection open, Collection<Interest> interests) {
        Connection connection = open.connection();
        return interests.isEmpty()
                ? CompletableFuture.completedFuture(null)
                : fanOut.leave(connection, interests).thenAccept(left -> feed.leave(left, connection.address()));
    }

    CompletionStage<Void> renew(OpenConnection open, Grants grants) {
        return fanOut.renew(open.connection(), grants);
    }

    void close(OpenConnection open, CloseReason reason) {
        fanOut.close(open.connection(), reason, NO_BYTES);
    }

    void write(OpenConnection open, byte[] bytes) {
        fanOut.write(open.connection(), bytes);
    }

    void left(List<Interest> interests, long address) {
        feed.leave(interests, address);
    }

    /** One that fails where it throws. */
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
        if (cause instanceof CarillonException || cause instanceof GoneException) {
            LOGGER.atDebug().log("a connection was refused for a time: {}", cause.getMessage());
        } else {
            LOGGER.error("a connection could not be opened", cause);
        }
    }
}
