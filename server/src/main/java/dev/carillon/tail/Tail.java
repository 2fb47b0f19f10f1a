package dev.carillon.tail;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.carillon.base.Text;
import dev.carillon.broadcast.EventHandler;
import dev.carillon.scope.Event;
import dev.carillon.scope.Scope;
import dev.carillon.scope.Selector;
import io.micrometer.core.instrument.Counter;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * One open tail: a queue of JSON texts, at most {@value #MAX_QUEUED} with {@value #MAX_CHARS} characters. Events beyond that are left out and counted: the next text
 * says how many. One thread reads; events come on another. Thread-safe.
 */
public final class Tail implements EventHandler, AutoCloseable {
    static final int MAX_QUEUED = 1_000;
    static final int MAX_CHARS = 4 * 1024 * 1024;

    private final List<Selector> scopes;
    private final InstantSource clock;
    private final Counter leftOutTotal;
    private final Consumer<Tail> onClose;
    /** Which private events are shown with their data. */
    private volatile Predicate<Event> uncovered = event -> false;

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    // The fields below are guarded by the lock.
    private final ArrayDeque<String> queued = new ArrayDeque<>();
    private int chars;
    private long leftOut;
    private boolean closed;
    private @Nullable AutoCloseable listening;

    Tail(List<Selector> scopes, InstantSource clock, Counter leftOutTotal, Consumer<Tail> onClose) {
        this.scopes = List.copyOf(scopes);
        this.clock = clock;
        this.leftOutTotal = leftOutTotal;
        this.onClose = onClose;
    }

    /** Sets which private events are shown with their data from now on; before, none is. */
    public void uncover(Predicate<Event> of) {
        uncovered = of;
    }

    void started(AutoCloseable subscription) {
        boolean tooLate;
        lock.lock();
        try {
            tooLate = closed;
            listening = subscription;
        } finally {
            lock.unlock();
        }
        if (tooLate) {
            end(subscription);
        }
    }

    @Override
    public void event(Event event, String id) {
        if (event.scopes().stream().anyMatch(this::selects)) {
            add(described(event, id).toString());
        }
    }

    private boolean selects(Scope scope) {
        for (Selector selector : scopes) {
            if (selector.matches(scope)) {
                return true;
            }
        }
        return false;
    }

    private ObjectNode described(Event event, String id) {
        ObjectNode json = JsonNodeFactory.instance.objectNode();
        json.put("time", clock.instant().toString()).put("id", id);
        if (event.type() != null) {
            json.put("type", event.type());
        }
        ArrayNode list = json.putArray("scopes");
        event.scopes().forEach(scope -> list.add(scope.text()));
        json.put("private", event.isPrivate()).put("retained", event.retain());
        boolean shown = !event.isPrivate() || uncovered.test(event);
        return json.put("data", shown ? event.data() : null).put("bytes", Text.utf8Length(event.data()));
    }

    @Override
    public void gap(Gap gap) {
        add(JsonNodeFactory.instance
                .objectNode()
                .put("gap", gap.name().toLowerCase(Locale.ROOT))
                .toString());
    }

    private void add(String text) {
        lock.lock();
        try {
            if (closed) {
                return;
            }
            boolean full = queued.size() >= MAX_QUEUED || !queued.isEmpty() && chars + text.length() > MAX_CHARS;
            if (full) {
                leftOut++;
                leftOutTotal.increment();
            } else {
                if (leftOut > 0) {
                    queued.add(leftOutText());
                    leftOut = 0;
                }
                queued.add(text);
                chars += text.length();
            }
            changed.signal();
        } finally {
            lock.unlock();
        }
    }

    private String leftOutText() {
        String text =
                JsonNodeFactory.instance.objectNode().put("left_out", leftOut).toString();
        chars += text.length();
        return text;
    }

    /**
     * The next text, as JSON on one line. Blocks for some time at most.
     *
     * @return empty: there is none yet, or the tail is {@linkplain #isClosed() closed}
     */
    public Optional<String> next(long maxWait, TimeUnit unit) throws InterruptedException {
        lock.lockInterruptibly();
        try {
            long nanos = unit.toNanos(maxWait);
            while (queued.isEmpty() && leftOut == 0 && !closed && nanos > 0) {
                nanos = changed.awaitNanos(nanos);
            }
            if (queued.isEmpty() && leftOut > 0) {
                queued.add(leftOutText());
                leftOut = 0;
            }
            String next = queued.poll();
            if (next != null) {
                chars -= next.length();
            }
            return Optional.ofNullable(next);
        } finally {
            lock.unlock();
        }
    }

    public boolean isClosed() {
        lock.lock();
        try {
            return closed;
        } finally {
            lock.unlock();
        }
    }

    @Override
    public void close() {
        AutoCloseable ended;
        lock.lock();
        try {
            closed = true;
            ended = listening;
            listening = null;
            queued.clear();
            changed.signalAll();
        } finally {
            lock.unlock();
        }
        onClose.accept(this);
        if (ended != null) {
            end(ended);
        }
    }

    private static void end(AutoCloseable subscription) {
        try {
            subscription.close();
        } catch (Exception e) {
            throw new IllegalStateException("a subscription of a tail cannot be ended", e);
        }
    }
}
