package dev.carillon.http;

import dev.carillon.base.CarillonException;
import dev.carillon.base.ErrorCode;
import io.undertow.server.HttpServerExchange;
import io.undertow.util.AttachmentKey;
import java.util.function.IntPredicate;

/**
 * Charges a request to the rate limit of its client address. Its head costs one permit; reads of the log cost more permits, which are known
 * later. Uncounted requests cost nothing.
 */
public final class RequestRate {
    /** Scopes of a stream per permit: a stream reads at most the retained events of a scope or the position of an id. */
    private static final int STREAM_SCOPES_PER_PERMIT = 10;

    private static final AttachmentKey<IntPredicate> KEY = AttachmentKey.create(IntPredicate.class);

    private RequestRate() {}

    /** Acquires permits of the request's client address, or returns false when there are too few; it may be used after the end of the request. */
    public static IntPredicate of(HttpServerExchange exchange) {
        IntPredicate acquire = exchange.getAttachment(KEY);
        return acquire == null ? permits -> true : acquire;
    }

    /** The permits for a number of scopes or selectors of a stream: one for each {@value #STREAM_SCOPES_PER_PERMIT}. */
    public static int permitsFor(int scopes) {
        return Math.ceilDiv(scopes, STREAM_SCOPES_PER_PERMIT);
    }

    /** @param acquire acquires permits beyond the first, or returns false when there are too few */
    static void attach(HttpServerExchange exchange, IntPredicate acquire) {
        exchange.putAttachment(KEY, acquire);
    }

    /**
     * Acquires one permit for each scope that is read.
     *
     * @throws CarillonException {@code too-many-requests} when there are too few permits; then none was acquired
     */
    public static void requireForRead(HttpServerExchange exchange, int scopes) {
        if (!acquire(exchange, scopes)) {
            throw new CarillonException(
                    ErrorCode.TOO_MANY_REQUESTS,
                    "request rate limit exceeded for this client address: each scope counts as a request");
        }
    }

    /**
     * Acquires one permit for each {@value #STREAM_SCOPES_PER_PERMIT} scopes or selectors of a stream.
     *
     * @return false when there are too few permits; then none was acquired
     */
    public static boolean permitsStream(HttpServerExchange exchange, int scopes) {
        return acquire(exchange, permitsFor(scopes));
    }

    private static boolean acquire(HttpServerExchange exchange, int permits) {
        IntPredicate acquire = exchange.getAttachment(KEY);
        return acquire == null || permits <= 1 || acquire.test(permits - 1);
    }
}
