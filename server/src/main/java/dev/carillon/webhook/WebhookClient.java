package dev.carillon.webhook;

import dev.carillon.base.Text;
import dev.carillon.edge.VerifiedTls;
import dev.carillon.secret.RequestSignature;
import java.io.IOException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.time.InstantSource;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** Posts signed requests to the application. It blocks. It follows no redirects, as they could lead to any host. */
final class WebhookClient implements AutoCloseable {
    /** Of a request. */
    static final Duration TIMEOUT = Duration.ofSeconds(10);

    private static final int MAX_ANSWER_BYTES = 64 * 1024;
    private static final int OK = 200;
    private static final int REDIRECT = 300;

    private final WebhookConfig config;
    private final RequestSignature signature;
    private final InstantSource clock;
    private final HttpClient http;

    /** @param threads executor for background tasks of the HTTP client */
    WebhookClient(WebhookConfig config, InstantSource clock, Executor threads) {
        this.config = config;
        this.signature = new RequestSignature(config.secret());
        this.clock = clock;
        this.http = HttpClient.newBuilder()
                .sslContext(VerifiedTls.context())
                .version(HttpClient.Version.HTTP_1_1)
                .followRedirects(HttpClient.Redirect.NEVER)
                .connectTimeout(TIMEOUT)
                .executor(threads)
                .build();
    }

    /** @throws IOException unless the answer has a status of success, and is complete in time */
    void post(String body) throws IOException, InterruptedException {
        long seconds = clock.instant().getEpochSecond();
        byte[] bytes = Text.utf8(body);
        HttpRequest request = HttpRequest.newBuilder(config.url())
                .header("Content-Type", "application/json")
                .header("User-Agent", "carillon")
                .header(RequestSignature.HEADER, signature.of(seconds, bytes))
                .POST(HttpRequest.BodyPublishers.ofByteArray(bytes))
                .build();
        CompletableFuture<HttpResponse<byte[]>> sent =
                http.sendAsync(request, BodyHandlers.limiting(BodyHandlers.ofByteArray(), MAX_ANSWER_BYTES));
        try {
            HttpResponse<byte[]> response = sent.get(TIMEOUT.toMillis(), TimeUnit.MILLISECONDS);
            if (response.statusCode() < OK || response.statusCode() >= REDIRECT) {
                throw new IOException("status " + response.statusCode());
            }
        } catch (TimeoutException e) {
            throw new IOException("no complete response within " + TIMEOUT.toSeconds() + " s");
        } catch (ExecutionException e) {
            throw new IOException(String.valueOf(e.getCause()));
        } finally {
            // Ends the connection of a request without a complete response.
            boolean _ = sent.cancel(true);
        }
    }

    @Override
    public void close() {
        http.shutdownNow();
    }
}
