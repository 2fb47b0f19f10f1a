package dev.carillon.lab.account;

import dev.carillon.lab.account.Broadcast.Outcome;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.UnaryOperator;

/**
 * Broadcasts numbered events and keeps the ledger. What has no answer, or one that leaves it open, it repeats with the same id at the
 * next address. For one thread.
 */
public final class Broadcaster implements AutoCloseable {
    private static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(1);
    private static final Duration ANSWER_TIMEOUT = Duration.ofSeconds(3);
    private static final long PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(100);

    private final HttpClient http = HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .connectTimeout(CONNECT_TIMEOUT)
            .build();
    private final Face face;
    private final Ledger ledger;
    private final List<URI> addresses;
    private final UnaryOperator<String> tokens;
    private int at;

    /**
     * @param addresses of nodes or proxies: the first is used until it fails, then the next
     * @param tokens gives a tenant's token
     */
    public Broadcaster(Face face, Ledger ledger, List<URI> addresses, UnaryOperator<String> tokens) {
        this.face = face;
        this.ledger = ledger;
        this.addresses = List.copyOf(addresses);
        this.tokens = tokens;
    }

    /** Broadcasts the lane's next event; returns whether it was acknowledged within the time. */
    public boolean broadcast(Lane lane, Duration patience) {
        Broadcast event = ledger.begin(lane);
        long end = System.nanoTime() + patience.toNanos();
        Outcome outcome = once(event);
        while (outcome == Outcome.GIVEN_UP
                && System.nanoTime() < end
                && !Thread.currentThread().isInterrupted()) {
            LockSupport.parkNanos(PAUSE_NANOS);
            at = (at + 1) % addresses.size();
            outcome = once(event);
        }
        ledger.end(event, outcome);
        return outcome == Outcome.ACKNOWLEDGED;
    }

    private Outcome once(Broadcast event) {
        ledger.attempt(event);
        HttpRequest.Builder request = HttpRequest.newBuilder(addresses.get(at).resolve(face.path()))
                .timeout(ANSWER_TIMEOUT)
                .header("Authorization", "Bearer " + tokens.apply(event.lane.tenant()))
                .header("Content-Type", face.contentType())
                .POST(HttpRequest.BodyPublishers.ofString(face.body(event.lane, ledger.id(event), Ledger.data(event))));
        if (face == Face.MERCURE) {
            // The hub does not recognize a repeated update by its id.
            request.header("Idempotency-Key", ledger.id(event));
        }
        try {
            HttpResponse<String> answer = http.send(request.build(), HttpResponse.BodyHandlers.ofString());
            if (answer.statusCode() == 200) {
                return Outcome.ACKNOWLEDGED;
            }
            // 5xx of the node or the proxy: the broker may have taken it.
            if (answer.statusCode() > 500) {
                return Outcome.GIVEN_UP;
            }
            ledger.unexpected("broadcast " + event + ": " + answer.statusCode() + " " + answer.body());
            return Outcome.REFUSED;
        } catch (IOException e) {
            return Outcome.GIVEN_UP;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return Outcome.GIVEN_UP;
        }
    }

    @Override
    public void close() {
        http.shutdownNow();
    }
}
