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
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Broadcasts numbered events and records them in the ledger. A broadcast without a conclusive response is retried with the same id at the next
 * address. For one thread.
 */
public final class Broadcaster implements AutoCloseable {
    private static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(1);
    private static final String BROKER_UNAVAILABLE = "broker-unavailable";
    /** The code of a problem. */
    private static final Pattern CODE = Pattern.compile("\"code\": *\"([a-z-]{1,40})\"");

    private static final long RETRY_DELAY_NANOS = TimeUnit.MILLISECONDS.toNanos(100);

    private final HttpClient http = HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .connectTimeout(CONNECT_TIMEOUT)
            .build();
    private final EventApi api;
    private final Ledger ledger;
    private final List<URI> addresses;
    private final UnaryOperator<String> tokens;
    private final Duration responseTimeout;
    private int addressIndex;

    /**
     * @param addresses addresses of nodes or proxies; the first is used until it fails, then the next
     * @param tokens the token of a tenant
     * @param responseTimeout after which a request is repeated
     */
    public Broadcaster(
            EventApi api, Ledger ledger, List<URI> addresses, UnaryOperator<String> tokens, Duration responseTimeout) {
        this.responseTimeout = responseTimeout;
        this.api = api;
        this.ledger = ledger;
        this.addresses = List.copyOf(addresses);
        this.tokens = tokens;
    }

    /** Broadcasts the next event of a sequence; returns whether it was acknowledged within the timeout. */
    public boolean broadcast(EventSequence sequence, Duration timeout) {
        Broadcast event = ledger.begin(sequence);
        long end = System.nanoTime() + timeout.toNanos();
        Outcome outcome = attempt(event);
        while (outcome == Outcome.GIVEN_UP
                && System.nanoTime() < end
                && !Thread.currentThread().isInterrupted()) {
            LockSupport.parkNanos(RETRY_DELAY_NANOS);
            addressIndex = (addressIndex + 1) % addresses.size();
            outcome = attempt(event);
        }
        ledger.end(event, outcome);
        return outcome == Outcome.ACKNOWLEDGED;
    }

    private Outcome attempt(Broadcast event) {
        ledger.attempt(event);
        HttpRequest.Builder request = HttpRequest.newBuilder(
                        addresses.get(addressIndex).resolve(api.path()))
                .timeout(responseTimeout)
                .header("Authorization", "Bearer " + tokens.apply(event.sequence.tenant()))
                .header("Content-Type", api.contentType())
                .POST(HttpRequest.BodyPublishers.ofString(
                        api.body(event.sequence, ledger.id(event), Ledger.data(event))));
        if (api == EventApi.MERCURE) {
            // The hub does not deduplicate updates by id.
            request.header("Idempotency-Key", ledger.id(event));
        }
        try {
            HttpResponse<String> response = http.send(request.build(), HttpResponse.BodyHandlers.ofString());
            if (response.statusCode() == 200) {
                return Outcome.ACKNOWLEDGED;
            }
            // 5xx of a node or the proxy: the broker may have appended the event.
            if (response.statusCode() > 500) {
                failed(response);
                return Outcome.GIVEN_UP;
            }
            ledger.unexpected("broadcast " + event + ": " + response.statusCode() + " " + response.body());
            return Outcome.REFUSED;
        } catch (IOException e) {
            ledger.failed(e.getClass().getSimpleName());
            return Outcome.GIVEN_UP;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return Outcome.GIVEN_UP;
        }
    }

    /** Without its broker a node refuses broadcasts and says when to try again, as it is designed to. */
    private void failed(HttpResponse<String> response) {
        Matcher matcher = CODE.matcher(response.body());
        String code = matcher.find() ? matcher.group(1) : "";
        if (code.equals(BROKER_UNAVAILABLE)
                && response.headers().firstValue("Retry-After").isPresent()) {
            ledger.refused(code);
        } else {
            ledger.failed((response.statusCode() + " " + code).strip());
        }
    }

    @Override
    public void close() {
        http.shutdownNow();
    }
}
