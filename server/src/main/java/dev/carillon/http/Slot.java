package dev.carillon.http;

import io.undertow.server.ExchangeCompletionListener;
import io.undertow.server.HttpServerExchange;
import io.undertow.util.AttachmentKey;
import java.util.concurrent.atomic.AtomicReferenceFieldUpdater;
import org.jspecify.annotations.Nullable;

/**
 * A request's share of what the node has room for. It is given back once: at the end of the request, or of the stream that took the
 * request's connection over and keeps it. Thread-safe.
 */
public final class Slot implements ExchangeCompletionListener {
    private static final AttachmentKey<Slot> KEY = AttachmentKey.create(Slot.class);

    /** No object of its own: each stream has a slot. */
    private static final AtomicReferenceFieldUpdater<Slot, @Nullable Runnable> RELEASE =
            AtomicReferenceFieldUpdater.newUpdater(Slot.class, Runnable.class, "release");

    private volatile @Nullable Runnable release;
    private volatile boolean kept;

    private Slot(Runnable release) {
        this.release = release;
    }

    /** Gives back when the request has ended, unless it is kept. */
    static void hold(HttpServerExchange exchange, Runnable release) {
        Slot slot = new Slot(release);
        exchange.putAttachment(KEY, slot);
        exchange.addExchangeCompleteListener(slot);
    }

    /** Null: the request has none. */
    public static @Nullable Slot keep(HttpServerExchange exchange) {
        Slot slot = exchange.getAttachment(KEY);
        if (slot != null) {
            slot.kept = true;
        }
        return slot;
    }

    @Override
    public void exchangeEvent(HttpServerExchange exchange, NextListener next) {
        if (!kept) {
            giveBack();
        }
        next.proceed();
    }

    public void giveBack() {
        Runnable last = release == null ? null : RELEASE.getAndSet(this, null);
        if (last != null) {
            last.run();
        }
    }
}
