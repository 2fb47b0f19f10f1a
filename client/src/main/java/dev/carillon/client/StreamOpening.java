package dev.carillon.client;

import java.io.InputStream;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * Opens streams, with a time limit until the head of the response. Not that of the request: in later releases of the JDK it covers the body, too. One
 * thread opens, and another one looks from time to time whether the limit has passed, and interrupts it.
 */
final class StreamOpening {
    private final Connector connector;
    private final Timing timing;

    // Guarded by this; null: no answer is awaited.
    private @Nullable Thread waiting;
    private long since;
    private boolean timedOut;

    StreamOpening(Connector connector, Timing timing) {
        this.connector = connector;
        this.timing = timing;
    }

    /**
     * Sends the request.
     *
     * @throws ClientException {@link ClientException#UNREACHABLE}
     * @throws InterruptedException the thread was interrupted by another one
     */
    HttpResponse<InputStream> open(HttpRequest.Builder request, @Nullable String token) throws InterruptedException {
        begin();
        try {
            return connector.sendUnlimited(request, token, HttpResponse.BodyHandlers.ofInputStream());
        } catch (InterruptedException e) {
            if (end()) {
                Duration limit = connector.timeout();
                String detail = "no answer within " + limit.toMillis() + " ms";
                throw new ClientException(ClientException.UNREACHABLE, 0, detail, null, e);
            }
            throw e;
        } finally {
            end();
        }
    }

    private synchronized void begin() {
        waiting = Thread.currentThread();
        since = timing.nanoTime();
        timedOut = false;
    }

    /** Returns whether the limit has passed. */
    private synchronized boolean end() {
        waiting = null;
        return timedOut;
    }

    /** To be called every few seconds. */
    synchronized void interruptIfUnanswered() {
        if (waiting != null && timing.nanoTime() - since > connector.timeout().toNanos()) {
            timedOut = true;
            waiting.interrupt();
            waiting = null;
        }
    }
}
