package dev.carillon.broker.nats.log;

import dev.carillon.base.CarillonException;
import dev.carillon.base.ErrorCode;
import dev.carillon.base.Platform;
import dev.carillon.base.RandomIds;
import dev.carillon.broker.Appended;
import dev.carillon.broker.BrokerOptions;
import dev.carillon.broker.BrokerUnavailableException;
import dev.carillon.broker.Idempotency;
import dev.carillon.broker.OverloadedException;
import dev.carillon.broker.nats.connection.Ack;
import dev.carillon.broker.nats.connection.BlockingCalls;
import dev.carillon.broker.nats.connection.Failures;
import dev.carillon.broker.nats.connection.NatsApi;
import dev.carillon.broker.nats.connection.NatsHealth;
import dev.carillon.broker.nats.connection.NatsLink;
import dev.carillon.broker.nats.connection.StoredMessage;
import dev.carillon.broker.nats.connection.Subjects;
import dev.carillon.scope.Event;
import dev.carillon.scope.EventWire;
import dev.carillon.scope.Position;
import io.nats.client.impl.Headers;
import java.security.SecureRandom;
import java.util.Arrays;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** Appends events to the logs. An append is one message, sent in the order of the calls and answered when it is stored. */
public final class Broadcasts {
    /** Upper bound of the headers of an appended, and later of a republished, message. */
    private static final int HEADER_BYTES = 1024;

    private static final String NO_DIGEST = "-";
    /** The event is sent again after 20 ms, then after twice the time of before, at most 320 ms. */
    private static final long FIRST_PENDING_MILLIS = 20;

    private static final long MAX_PENDING_MILLIS = 320;
    /** Maximum number of broadcasts without an answer; further ones are refused as overloaded. */
    private static final int MAX_OUTSTANDING = 100_000;

    private final NatsLink<LogSession> link;
    private final NatsHealth health;
    private final BlockingCalls calls;
    private final BrokerOptions options;
    private final Semaphore outstanding = new Semaphore(MAX_OUTSTANDING);
    private final SecureRandom random;
    private final ScheduledExecutorService timer;
    private final LastSeen lastSeen;

    public Broadcasts(
            NatsLink<LogSession> link,
            NatsHealth health,
            BlockingCalls calls,
            BrokerOptions options,
            Platform platform,
            LastSeen lastSeen) {
        this.link = link;
        this.health = health;
        this.calls = calls;
        this.options = options;
        this.random = platform.secureRandom();
        this.timer = platform.timer();
        this.lastSeen = lastSeen;
    }

    CompletableFuture<Appended> broadcast(Event event, Idempotency by) {
        LogSession session;
        byte[] bytes = EventWire.encode(event);
        try {
            session = link.session();
            long max = session.connection().getMaxPayload();
            if (max > 0 && bytes.length + HEADER_BYTES > max) {
                throw new CarillonException(
                        ErrorCode.TOO_LARGE, "event: the NATS server carries messages of at most " + max + " bytes");
            }
            if (!outstanding.tryAcquire()) {
                throw new OverloadedException("more than " + MAX_OUTSTANDING + " broadcasts wait for the broker");
            }
            if (!health.reserve(bytes.length, options.maxOutstandingBytes())) {
                outstanding.release();
                throw new OverloadedException(
                        "more than " + options.maxOutstandingBytes() + " bytes of broadcasts wait for the broker");
            }
        } catch (CarillonException e) {
            return CompletableFuture.failedFuture(e);
        }
        Append append = new Append(session, event, by, bytes);
        append.begin();
        return calls.within(append.answer).whenComplete((a, e) -> {
            health.release(bytes.length);
            outstanding.release();
        });
    }

    /** The wait after this one. */
    static long afterPending(long millis) {
        return Math.min(2 * millis, MAX_PENDING_MILLIS);
    }

    /** One broadcast in flight, in one session. */
    private final class Append {
        private final LogSession session;
        private final Event event;
        private final byte[] bytes;
        private final Idempotency by;
        private final @Nullable String fingerprint;
        private final String digest;
        private final IdIndex.Notes notes;
        private final CompletableFuture<Appended> answer = new CompletableFuture<>();
        /** One message at a time is in flight: written by the thread that has its answer. */
        private long pendingMillis = FIRST_PENDING_MILLIS;

        Append(LogSession session, Event event, Idempotency by, byte[] bytes) {
            this.session = session;
            this.event = event;
            this.bytes = bytes;
            this.by = by;
            this.fingerprint = by.fingerprint(event);
            this.digest = fingerprint == null ? NO_DIGEST : EventWire.digest(event, bytes);
            this.notes = IdIndex.Notes.of(
                    RandomIds.uuid(random).toString(),
                    event,
                    by instanceof Idempotency.Key ? fingerprint : null,
                    digest);
        }

        void begin() {
            if (event.retain() && !event.clearsRetained() && session.retained().mayBeFull(event.tenant())) {
                var _ = calls.call(() -> {
                            session.retained().checkCapacity(event);
                            return true;
                        })
                        .whenComplete((ok, e) -> {
                            if (e == null) {
                                send(true);
                            } else {
                                answer.completeExceptionally(e);
                            }
                        });
            } else {
                send(true);
            }
        }

        private void send(boolean first) {
            session.whenOpen(event.tenant(), (log, e) -> {
                if (log == null) {
                    answer.completeExceptionally(e == null ? new IllegalStateException("no log") : e);
                } else if (!answer.isDone()) {
                    // A broadcast that was answered as failed before it was sent must never take effect.
                    append(log, first);
                }
            });
        }

        private void append(TenantLog log, boolean first) {
            Headers headers = new Headers();
            if (fingerprint != null) {
                headers.put(NatsApi.MESSAGE_ID, fingerprint);
            }
            if (notes.any()) {
                headers.put(IdIndex.TOKEN, notes.token());
            }
            publish(log, headers, notes.announce(session.api()), first);
        }

        private void publish(TenantLog log, Headers headers, CompletableFuture<?> announced, boolean first) {
            long known = lastSeen.sequence(event.tenant(), log.epoch());
            String subject = log.subject(Subjects.key(event));
            CompletableFuture<Ack> stored = session.api().publish(subject, headers, bytes, NatsApi.ANY_SEQUENCE);

            var _ = stored.whenComplete((ack, e) -> {
                if (e == null && ack.pending()) {
                    repeat(log, headers, announced, first);
                } else if (e == null && !ack.duplicate() && ack.sequence() <= known) {
                    // A sequence that had been assigned before: the next use finds the loss, and begins a new epoch.
                    session.forget(log);
                    answer.completeExceptionally(
                            new BrokerUnavailableException("the log of tenant " + event.tenant() + " lost events"));
                } else if (e == null) {
                    whenAnnounced(log, ack, announced, true);
                } else if (Failures.isNoStream(e)) {
                    // Nothing was stored: the stream was deleted, created anew with another epoch, or has no leader.
                    session.forget(log);
                    if (first && session.api().replicas() == 1) {
                        send(false);
                    } else {
                        // Later events of the same caller may have reached the next leader: sent again, this one would
                        // follow them.
                        answer.completeExceptionally(e);
                    }
                } else {
                    answer.completeExceptionally(e);
                }
            });
        }

        /** Another message with this id is not stored yet, and may never be: asks again until the time limit. */
        private void repeat(TenantLog log, Headers headers, CompletableFuture<?> announced, boolean first) {
            long wait = pendingMillis;
            pendingMillis = afterPending(wait);
            var _ = timer.schedule(
                    () -> {
                        if (!answer.isDone()) {
                            publish(log, headers, announced, first);
                        }
                    },
                    wait,
                    TimeUnit.MILLISECONDS);
        }

        /** The event is stored; without the announcement its id might not be found after a crash of this node. */
        private void whenAnnounced(TenantLog log, Ack ack, CompletableFuture<?> announced, boolean first) {
            var _ = announced.whenComplete((x, e) -> {
                if (e == null) {
                    stored(log, ack);
                } else if (first && Failures.isNoStream(e)) {
                    session.forget(log);
                    session.whenOpen(event.tenant(), (open, f) -> {
                        if (open == null) {
                            answer.completeExceptionally(f == null ? new IllegalStateException("no log") : f);
                        } else {
                            whenAnnounced(log, ack, notes.announce(session.api()), false);
                        }
                    });
                } else {
                    answer.completeExceptionally(e);
                }
            });
        }

        private void stored(TenantLog log, Ack ack) {
            if (ack.duplicate()) {
                var _ = calls.call(() -> known(log, ack.sequence())).whenComplete((appended, e) -> {
                    if (e == null) {
                        answer.complete(appended);
                    } else {
                        answer.completeExceptionally(e);
                    }
                });
                return;
            }
            Position at = new Position(log.epoch(), ack.sequence(), 0);
            lastSeen.note(event.tenant(), at);
            // Not awaited: if it fails, the announcement leads to the event.
            notes.note(session.api(), at);
            if (event.retain()) {
                session.retained().appended(event);
            }
            answer.complete(Appended.of(event, at, false));
        }

        /** The server has a message with this id: determines whether it is the same event. Blocks. */
        private Appended known(TenantLog log, long sequence) {
            NatsApi api = session.api();
            Optional<StoredMessage> first = api.await(api.message(log.stream(), sequence));
            boolean same = first.map(s -> Arrays.equals(s.data(), bytes))
                    .or(() -> IdIndex.digest(api, notes, sequence).map(digest::equals))
                    .orElse(true);
            if (!same) {
                notes.note(api, null);
                throw by.conflict(event);
            }
            Position at = first.map(StoredMessage::position)
                    .orElseGet(() -> new Position(log.epochs().of(sequence), sequence, 0));
            notes.note(api, at);
            return Appended.of(event, at, true);
        }
    }
}
