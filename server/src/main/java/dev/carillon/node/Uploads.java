package dev.carillon.node;

import dev.carillon.base.CarillonException;
import dev.carillon.base.ErrorCode;
import dev.carillon.http.Requests;
import io.undertow.server.HttpServerExchange;
import java.util.HashMap;
import java.util.Map;

/**
 * Large bodies that are being received: at most {@value #MAX_UPLOADS}, and at most {@value #MAX_OF_ADDRESS} of one client address; further ones are refused.
 * Thread-safe.
 */
final class Uploads {
    static final int MAX_UPLOADS = 64;
    static final int MAX_OF_ADDRESS = 8;

    /** The number of each client address. Guarded by itself. */
    private final Map<Long, Integer> addresses = new HashMap<>();
    /** Guarded by {@link #addresses}. */
    private int all;

    /**
     * Counts a body until the end of its exchange.
     *
     * @throws CarillonException {@code overloaded} or {@code too-many-requests}
     */
    void acquire(HttpServerExchange exchange) {
        long address = Requests.address(exchange);
        acquire(address);
        exchange.addExchangeCompleteListener((x, next) -> {
            release(address);
            next.proceed();
        });
    }

    void acquire(long address) {
        synchronized (addresses) {
            if (addresses.getOrDefault(address, 0) >= MAX_OF_ADDRESS) {
                throw new CarillonException(
                        ErrorCode.TOO_MANY_REQUESTS,
                        "at most " + MAX_OF_ADDRESS + " uploads of this client address may be in progress");
            }
            if (all >= MAX_UPLOADS) {
                throw new CarillonException(ErrorCode.OVERLOADED, "too many uploads are in progress");
            }
            all++;
            int _ = addresses.merge(address, 1, Integer::sum);
        }
    }

    void release(long address) {
        synchronized (addresses) {
            all--;
            Integer _ = addresses.computeIfPresent(address, (key, count) -> count == 1 ? null : count - 1);
        }
    }
}
