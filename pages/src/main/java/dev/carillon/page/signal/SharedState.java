package dev.carillon.page.signal;

import dev.carillon.base.CarillonException;
import dev.carillon.base.ErrorCode;
import dev.carillon.base.Platform;
import dev.carillon.base.Text;
import dev.carillon.broker.Store;
import dev.carillon.scope.Scope;
import dev.carillon.scope.Tenant;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import java.util.OptionalInt;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The shared signals of a tenant. The store has their values, and this node a copy of all: reads do not wait.
 *
 * <p>A write is a compare-and-set on the revision of the copy; if another node was faster, the newer value is read and the change computed again.
 * So no update is lost, and all nodes see the values of a signal in the order of revisions. A write whose answer is lost is
 * looked up and, if it took no effect, repeated ({@link SharedPut}). A watch of the store keeps the copy up to date. As a watch
 * may lose changes with the connection, all values are read again when the broker reports possible loss, and every {@link #RELOAD}. Values expire
 * 30 days after the last write, those of a session or user after a day. Thread-safe; writes block.
 */
public final class SharedState implements AutoCloseable {
    public static final Duration RELOAD = Duration.ofMinutes(1);

    private static final Logger LOGGER = LoggerFactory.getLogger(SharedState.class);
    private static final String KIND = "signal";
    private static final Duration TTL = Duration.ofDays(30);
    /** Of signals of a session or user, of which there may be many. */
    private static final Duration PERSONAL_TTL = Duration.ofDays(1);

    private static final int MAX_TRIES = 200;
    private static final int TRIES_WITHOUT_PAUSE = 2;
    private static final int MAX_PAUSE_MILLIS = 32;

    private final Tenant tenant;
    private final Store store;
    private final SharedBounds bounds;
    private final Platform platform;
    private final Executor threads;
    private final Consumer<SignalKey> onChange;
    /** At most {@link Store#MAX_LIST}, as the store lists no more. */
    private final Map<SignalKey, SharedValue> values = new ConcurrentHashMap<>();

    private final AtomicLong bytes = new AtomicLong();
    /** 0: none; 1: one runs; 2: one runs, and another one follows, as something may have changed since it began. */
    private final AtomicInteger reloads = new AtomicInteger();

    /** Of this node in its marks; another one after each start. */
    private final String writer;

    private final AtomicLong writes = new AtomicLong();

    private @Nullable AutoCloseable watch;
    private volatile boolean closed;

    /** @param onChange called with each signal whose copy has changed, unless an action of this node changed it and notes it; must not block */
    public SharedState(
            Tenant tenant, Store store, SharedBounds bounds, Platform platform, Consumer<SignalKey> onChange) {
        this.tenant = tenant;
        this.store = store;
        this.bounds = bounds;
        this.platform = platform;
        this.threads = platform.threads().each("carillon-signals");
        this.onChange = onChange;
        this.writer = Long.toString(platform.secureRandom().nextLong(Long.MAX_VALUE), Character.MAX_RADIX);
    }

    /** Reads all values and follows their changes. */
    public void open() {
        watch = await(store.watch(tenant, KIND, this::changed));
        reload();
    }

    /** The text of a value; null: it has the initial value. */
    @Nullable
    String read(SignalKey key) {
        SharedValue value = values.get(key);
        return value == null ? null : value.version().text();
    }

    /** Replaces a value and returns the new one; see {@link dev.carillon.page.Signal#update}. */
    public String update(SignalKey key, UnaryOperator<@Nullable String> change) {
        SharedValue value = enter(key);
        long own = 0;
        try {
            for (int tries = 0; tries < MAX_TRIES; tries++) {
                SharedValue.Change mine = value.change(old -> {
                    String next = change.apply(old);
                    requireBounds(key, value.version(), next);
                    return next;
                });
                if (mine.begins()) {
                    start(key, value, mine.write());
                }
                own = await(mine.write().done);
                if (own != SharedWrite.REFUSED) {
                    return mine.text();
                }
                pause(tries);
            }
            throw new CarillonException(ErrorCode.OVERLOADED, key + ": too many concurrent writers");
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw interrupted();
        } finally {
            leave(key, value);
            // Changes of other nodes that arrived during the write were left to this one.
            if (!ActionRun.note(key) || value.version().revision() > own) {
                onChange.accept(key);
            }
        }
    }

    /** Writes to the store when the write before has ended. The result does not depend on this thread, which may be interrupted. */
    private void start(SignalKey key, SharedValue value, SharedWrite write) throws InterruptedException {
        long base = write.base.revision();
        SharedWrite previous = write.previous;
        if (previous != null) {
            try {
                base = previous.done.get();
            } catch (InterruptedException e) {
                value.abandon(write);
                throw e;
            } catch (ExecutionException e) {
                // This write was refused with that one.
                return;
            }
        }
        String text = value.start(write);
        if (text == null) {
            return;
        }
        SharedValue.Version seen = value.version();
        // If the copy has another revision, the write will be refused.
        StoredSignal before = new StoredSignal(seen.revision() == base ? seen.marks() : "", "");
        SharedPut.Mark mark = new SharedPut.Mark(writer, writes.incrementAndGet());
        StoredSignal next = before.next(mark.writer(), mark.number(), text);
        SharedPut put = new SharedPut(
                store,
                platform,
                threads,
                () -> closed,
                new SharedPut.Target(storeKey(key), base, next, mark, ttl(key)));
        CompletionStage<?> _ = put.run().whenComplete((end, e) -> {
            if (e != null) {
                value.refused(write, e);
                return;
            }
            switch (end) {
                case SharedPut.End.Written(long revision) -> {
                    boolean _ = apply(value, next, revision);
                    value.written(write, revision);
                }
                case SharedPut.End.Overtaken(Store.Entry now) -> {
                    boolean _ = apply(value, stored(now), now.revision());
                    value.overtaken(write);
                }
                case SharedPut.End.Refused(Store.Entry now) -> {
                    boolean _ = now == null ? drop(value, seen) : apply(value, stored(now), now.revision());
                    value.refused(write, null);
                }
                case SharedPut.End.Failed(Throwable reason) -> value.refused(write, reason);
            }
        });
    }

    private static Duration ttl(SignalKey key) {
        return switch (key.scope().kind()) {
            case TAB, SESSION, USER -> PERSONAL_TTL;
            case ROUTE, TOPIC, GLOBAL, SYSTEM -> TTL;
        };
    }

    /** Number of values; for tests. */
    int size() {
        return values.size();
    }

    /** Number of callers that change a value; for tests. */
    int writers(SignalKey key) {
        SharedValue value = values.get(key);
        return value == null ? 0 : value.writers.get();
    }

    /** Only values that the store has count, and those that are being written. */
    private void removeIfEmpty(SignalKey key) {
        values.computeIfPresent(
                key, (k, value) -> value.version().text() == null && value.writers.get() == 0 ? null : value);
    }

    /** The value of a signal, which stays in the map until the caller has {@linkplain #leave left} it. */
    private SharedValue enter(SignalKey key) {
        if (values.size() >= SharedBounds.MAX_SIGNALS && !values.containsKey(key)) {
            throw new CarillonException(
                    ErrorCode.TOO_LARGE,
                    key + ": the tenant has " + SharedBounds.MAX_SIGNALS + " shared signals, the maximum");
        }
        return Objects.requireNonNull(values.compute(key, (k, known) -> {
            SharedValue value = known == null ? new SharedValue() : known;
            value.writers.incrementAndGet();
            return value;
        }));
    }

    private void leave(SignalKey key, SharedValue value) {
        value.writers.decrementAndGet();
        removeIfEmpty(key);
    }

    private void requireBounds(SignalKey key, SharedValue.Version now, String next) {
        int size = Text.utf8Length(next);
        long total = bytes.get() - now.bytes() + size;
        if (size > bounds.signalBytes() || total > bounds.totalBytes()) {
            throw new CarillonException(
                    ErrorCode.TOO_LARGE,
                    key + ": its value has " + size + " bytes, and all shared signals " + total + "; the maximum is "
                            + bounds.signalBytes() + " bytes per signal and " + bounds.totalBytes()
                            + " in total");
        }
    }

    private void pause(int tries) {
        if (tries >= TRIES_WITHOUT_PAUSE) {
            int max = Math.min(MAX_PAUSE_MILLIS, 1 << Math.min(tries, 5));
            platform.threads().pause(Duration.ofMillis(platform.random().nextInt(1, max + 1)));
        }
        if (Thread.currentThread().isInterrupted()) {
            throw interrupted();
        }
    }

    /** Reads all values again. */
    void reload() {
        Map<SignalKey, SharedValue.Version> before = new HashMap<>();
        values.forEach((key, value) -> before.put(key, value.version()));
        for (Store.Entry entry : await(store.list(tenant, KIND))) {
            SignalKey key = signalKey(entry.key().name());
            if (key != null) {
                before.remove(key);
                take(key, entry);
            }
        }
        before.forEach((key, seen) -> {
            SharedValue value = values.get(key);
            if (value != null && drop(value, seen)) {
                removeIfEmpty(key);
                onChange.accept(key);
            }
        });
    }

    /** As {@link #reload}, on a thread of its own, one at a time; a failure is left to the next time. */
    public void reloadLater() {
        if (reloads.getAndUpdate(due -> Math.min(2, due + 1)) == 0) {
            threads.execute(this::reloadWhileDue);
        }
    }

    private void reloadWhileDue() {
        do {
            try {
                reload();
            } catch (RuntimeException e) {
                LOGGER.atWarn()
                        .addKeyValue("tenant", tenant)
                        .log("shared signals could not be read: {}", e.getMessage());
            }
        } while (reloads.decrementAndGet() > 0);
    }

    private void changed(Store.Change change) {
        SignalKey key = signalKey(change.key().name());
        Store.Entry entry = change.entry();
        if (key == null) {
            return;
        }
        if (entry == null) {
            // The change has no revision to compare with, so the store is asked.
            reloadLater();
        } else {
            take(key, entry);
        }
    }

    private void take(SignalKey key, Store.Entry entry) {
        AtomicBoolean newer = new AtomicBoolean();
        // Inside, so that the value is not removed before it has its text.
        SharedValue value = values.compute(key, (k, known) -> {
            SharedValue taken = known == null ? new SharedValue() : known;
            newer.set(apply(taken, stored(entry), entry.revision()));
            return taken;
        });
        if (newer.get() && value != null && value.writers.get() == 0) {
            onChange.accept(key);
        }
    }

    private boolean apply(SharedValue value, StoredSignal now, long revision) {
        OptionalInt grown = value.apply(now, revision);
        grown.ifPresent(bytes::addAndGet);
        return grown.isPresent();
    }

    private boolean drop(SharedValue value, SharedValue.Version gone) {
        OptionalInt grown = value.drop(gone);
        grown.ifPresent(bytes::addAndGet);
        return grown.isPresent();
    }

    static StoredSignal stored(Store.Entry entry) {
        return StoredSignal.of(new String(entry.value(), StandardCharsets.UTF_8));
    }

    private Store.Key storeKey(SignalKey key) {
        return new Store.Key(tenant, KIND, key.scope().text() + " " + key.name());
    }

    /** Null: another release wrote a name that this one does not know. */
    private static @Nullable SignalKey signalKey(String name) {
        int blank = name.lastIndexOf(' ');
        if (blank < 0) {
            return null;
        }
        try {
            return new SignalKey(Scope.parse(name.substring(0, blank)), name.substring(blank + 1));
        } catch (CarillonException e) {
            return null;
        }
    }

    private static CarillonException interrupted() {
        return new CarillonException(
                ErrorCode.ACTION_TIMEOUT, "the time limit passed while a shared signal was written");
    }

    /** Waits for the store; each of its stages has a time limit. */
    private static <T> T await(CompletionStage<T> stage) {
        try {
            return stage.toCompletableFuture().get();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw interrupted();
        } catch (ExecutionException e) {
            throw e.getCause() instanceof CarillonException known
                    ? known
                    : new IllegalStateException("the store failed", e);
        }
    }

    @Override
    public void close() {
        closed = true;
        AutoCloseable open = watch;
        if (open != null) {
            try {
                open.close();
            } catch (Exception e) {
                LOGGER.debug("a watch of the store could not be closed: {}", e.getMessage());
            }
        }
    }
}
