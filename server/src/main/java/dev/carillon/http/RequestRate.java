package dev.carillon.http;

import dev.carillon.base.CarillonException;
import dev.carillon.base.ErrorCode;
import io.undertow.server.HttpServerExchange;
import io.undertow.util.AttachmentKey;
import java.util.function.IntPredicate;

/**
 * What a request costs of the rate of its client address. Its head costs one permit; what it reads of the log is known later, and costs
 * the rest. Requests that are not counted cost nothing.
 */
public final class RequestRate {
    /** A stream reads of each scope at most what was retained, or where an id is; one permit pays for so many. */
    private static final int SCOPES_OF_STREAM = 10;

    private static final AttachmentKey<IntPredicate> KEY = AttachmentKey.create(IntPredicate.class);

    private RequestRate() {}

    /** @param more takes permits beyond the first; false: the address has not so many */
    static void attach(HttpServerExchange exchange, IntPredicate more) {
        exchange.putAttachment(KEY, more);
    }

    /**
     * Takes one permit for each scope that is read.
     *
     * @throws CarillonException {@code too-many-requests} where the address has not so many; then none was taken
     */
    public static void requireForRead(HttpServerExchange exchange, int scopes) {
        if (!take(exchange, scopes)) {
            throw new CarillonException(
                    ErrorCode.TOO_MANY_REQUESTS,
                    "request rate limit exceeded for this client address: each scope counts as a request");
        }
    }

    /** Takes one permit for each {@value #SCOPES_OF_STREAM} scopes or selectors of a stream; false: none was taken. */
    public static boolean permitsStream(HttpServerExchange exchange, int scopes) {
        return take(exchange, (scopes + SCOPES_OF_STREAM - 1) / SCOPES_OF_STREAM);
    }

    private static boolean take(HttpServerExchange exchange, int permits) {
        IntPredicate more = exchange.getAttachment(KEY);
        return more == null || permits <= 1 || more.test(permits - 1);
    }
}
