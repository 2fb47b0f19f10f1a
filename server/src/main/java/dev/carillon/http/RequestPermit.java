package dev.carillon.http;

import io.undertow.server.ExchangeCompletionListener;
import io.undertow.server.HttpServerExchange;
import io.undertow.util.AttachmentKey;
import java.util.concurrent.atomic.AtomicReferenceFieldUpdater;
import org.jspecify.annotations.Nullable;

/**
 * An admitted request's part of the node's capacity. It is released once: at the end of the request, or, when retained, at the end of the
 * stream that took over the request's connection. Thread-safe.
 */
public final class RequestPermit implements ExchangeCompletionListener {
    private static final AttachmentKey<RequestPermit> KEY = AttachmentKey.create(RequestPermit.class);

    /** An updater instead of an AtomicReference, as each stream has a permit. */
    private static final AtomicReferenceFieldUpdater<RequestPermit, @Nullable Runnable> RELEASE =
            AtomicReferenceFieldUpdater.newUpdater(RequestPermit.class, Runnable.class, "release");

    private volatile @Nullable Runnable release;
    private volatile boolean retained;

    private RequestPermit(Runnable release) {
        this.release = release;
    }

    /** Attaches a permit that is released when the request has ended, unless it is retained. */
    static void attach(HttpServerExchange exchange, Runnable release) {
        RequestPermit permit = new RequestPermit(release);
        exchange.putAttachment(KEY, permit);
        exchange.addExchangeCompleteListener(permit);
    }

    /** Retains the request's permit beyond the end of the request; null: it has none. */
    public static @Nullable RequestPermit retain(HttpServerExchange exchange) {
        RequestPermit permit = exchange.getAttachment(KEY);
        if (permit != null) {
            permit.retained = true;
        }
        return permit;
    }

    @Override
    public void exchangeEvent(HttpServerExchange exchange, NextListener next) {
        if (!retained) {
            release();
        }
        next.proceed();
    }

    public void release() {
        Runnable last = release == null ? null : RELEASE.getAndSet(this, null);
        if (last != null) {
            last.run();
        }
    }
}
