package dev.carillon.jwt;

import dev.carillon.edge.VerifiedTls;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** Fetches a set of keys; blocks, so call it on a virtual thread. A redirect is not followed: it could lead anywhere. */
final class JwksClient {
    static final Duration TIMEOUT = Duration.ofSeconds(5);
    static final int MAX_BYTES = 256 * 1024;

    private final URI url;
    private final Duration timeout;
    private final Executor threads;

    /** @param threads for what the client library does in the background */
    JwksClient(URI url, Duration timeout, Executor threads) {
        this.url = url;
        this.timeout = timeout;
        this.threads = threads;
    }

    /** @throws IOException when it is not there in time, body and all, or has more than {@link #MAX_BYTES} */
    String fetch() throws IOException, InterruptedException {
        // One for each fetch, which are minutes apart: nothing stays open between them.
        HttpClient http = HttpClient.newBuilder()
                .sslContext(VerifiedTls.context())
                .version(HttpClient.Version.HTTP_1_1)
                .followRedirects(HttpClient.Redirect.NEVER)
                .executor(threads)
                .build();
        HttpRequest request = HttpRequest.newBuilder(url)
                .header("Accept", "application/jwk-set+json, application/json")
                .build();
        try {
            HttpResponse<byte[]> response = http.sendAsync(
                            request, BodyHandlers.limiting(BodyHandlers.ofByteArray(), MAX_BYTES))
                    // The time limit of a request ends with the head of its answer.
                    .get(timeout.toMillis(), TimeUnit.MILLISECONDS);
            if (response.statusCode() != 200) {
                throw new IOException("the answer has status " + response.statusCode());
            }
            return new String(response.body(), StandardCharsets.UTF_8);
        } catch (TimeoutException e) {
            throw new IOException("no whole answer within " + timeout.toSeconds() + " s");
        } catch (ExecutionException e) {
            throw new IOException(String.valueOf(e.getCause()));
        } finally {
            http.shutdownNow();
        }
    }
}
