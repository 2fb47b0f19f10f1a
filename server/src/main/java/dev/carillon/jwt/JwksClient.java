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

/** HTTP client for one JWK Set. It blocks, so call it on a virtual thread. It follows no redirects, as they could lead to any host. */
final class JwksClient {
    static final Duration TIMEOUT = Duration.ofSeconds(5);
    static final int MAX_BYTES = 256 * 1024;

    private final URI url;
    private final Duration timeout;
    private final Executor threads;

    /**
     * @param timeout limit for a complete response
     * @param threads executor for background tasks of the HTTP client
     */
    JwksClient(URI url, Duration timeout, Executor threads) {
        this.url = url;
        this.timeout = timeout;
        this.threads = threads;
    }

    /**
     * Fetches the JWK Set.
     *
     * @throws IOException if there is no complete response with status 200 in time, or if it has more than {@value #MAX_BYTES} bytes
     */
    String fetch() throws IOException, InterruptedException {
        // Fetches are minutes apart, so no connection is kept open between them.
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
                    // HttpRequest.timeout does not cover the response body.
                    .get(timeout.toMillis(), TimeUnit.MILLISECONDS);
            if (response.statusCode() != 200) {
                throw new IOException("the issuer responded with status " + response.statusCode());
            }
            return new String(response.body(), StandardCharsets.UTF_8);
        } catch (TimeoutException e) {
            throw new IOException("the issuer sent no complete response within " + timeout.toSeconds() + " s");
        } catch (ExecutionException e) {
            throw new IOException(String.valueOf(e.getCause()));
        } finally {
            http.shutdownNow();
        }
    }
}
