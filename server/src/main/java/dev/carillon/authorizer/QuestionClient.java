package dev.carillon.authorizer;

import dev.carillon.auth.AuthorizerUnavailableException;
import dev.carillon.auth.RefusedException;
import dev.carillon.authorizer.AuthorizerMetrics.Outcome;
import dev.carillon.base.CarillonException;
import dev.carillon.base.Platform;
import dev.carillon.base.PrintableUrl;
import dev.carillon.base.Text;
import dev.carillon.base.TimeLimit;
import dev.carillon.edge.VerifiedTls;
import dev.carillon.http.JsonMembers;
import dev.carillon.secret.RequestSignature;
import io.micrometer.core.instrument.MeterRegistry;
import java.io.IOException;
import java.net.ConnectException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpTimeoutException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeoutException;
import java.util.function.Function;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Sends questions to the application: signed POST requests over HTTP/1.1, with a bounded number of them and a time limit for each, which covers waiting, a
 * repetition and the whole answer.
 *
 * <p>The JDK's client keeps connections open for 30 s and drops those that it sees closed. The server may close one at the moment when it is used again. The
 * client then repeats requests with GET by itself, and a failed attempt to connect with any method, but no POST; so this class repeats a question once whose
 * connection broke before there was an answer. That is safe, as a question changes nothing; it has the same {@code id} again. Thread-safe; never blocks.
 */
final class QuestionClient implements AutoCloseable {
    private static final Logger LOGGER = LoggerFactory.getLogger(QuestionClient.class);
    private static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(2);
    private static final int MAX_ANSWER_BYTES = 512 * 1024;
    private static final int MAX_REASON_CHARS = 200;

    private final AuthorizerConfig.Http config;
    private final Platform platform;
    private final RequestSignature signature;
    private final QuestionQueue queue;
    private final TimeLimit limit;
    private final HttpClient http;
    private final AuthorizerMetrics metrics;
    /** Whether the last request was answered. */
    private volatile boolean available = true;

    QuestionClient(AuthorizerConfig.Http config, MeterRegistry registry, Platform platform) {
        this.config = config;
        this.platform = platform;
        this.signature = new RequestSignature(config.key());
        var executor = platform.threads().each("carillon-authorizer");
        this.queue = new QuestionQueue(executor);
        this.limit = new TimeLimit(config.timeout(), platform.timer());
        this.metrics = new AuthorizerMetrics(registry, this::isAvailable, queue::waiting);
        this.http = HttpClient.newBuilder()
                .sslContext(config.ca() == null ? VerifiedTls.context() : VerifiedTls.trusting(config.ca()))
                .version(HttpClient.Version.HTTP_1_1)
                .connectTimeout(config.timeout().compareTo(CONNECT_TIMEOUT) < 0 ? config.timeout() : CONNECT_TIMEOUT)
                // Tokens must not reach another host.
                .followRedirects(HttpClient.Redirect.NEVER)
                .executor(executor)
                .build();
    }

    boolean isAvailable() {
        return available;
    }

    /** Whether a question that can wait should be asked now. */
    boolean hasRoom() {
        return queue.hasRoom();
    }

    /**
     * Asks, and reads the answer.
     *
     * @return fails with {@link AuthorizerUnavailableException}, and with the {@link RefusedException} of {@code reader}
     */
    <T> CompletionStage<T> ask(Question question, Function<JsonMembers, T> reader) {
        Exchange exchange = new Exchange(question);
        switch (queue.admit(exchange)) {
            case OPEN -> exchange.run();
            case WAITING -> {}
            case REFUSED -> {
                metrics.count(question.kind(), Outcome.OVERLOADED);
                return CompletableFuture.failedStage(
                        unavailable("too many requests to the authorizer are open and waiting"));
            }
        }
        return limit.on(exchange.answer).handle((response, e) -> {
            boolean sent = queue.release(exchange);
            if (e != null) {
                exchange.cancel();
                throw failed(question, sent, e);
            }
            return read(question, response, reader);
        });
    }

    private <T> T read(Question question, HttpResponse<byte[]> response, Function<JsonMembers, T> reader) {
        try {
            if (response.statusCode() != 200) {
                throw invalid(question, "the status is " + response.statusCode() + " instead of 200", null);
            }
            T result = reader.apply(JsonMembers.of("answer", response.body()));
            answered(question);
            return result;
        } catch (RefusedException e) {
            answered(question);
            throw e;
        } catch (AuthorizerUnavailableException e) {
            throw e;
        } catch (CarillonException | IllegalArgumentException e) {
            throw invalid(question, String.valueOf(e.getMessage()), e);
        }
    }

    private void answered(Question question) {
        metrics.count(question.kind(), Outcome.ANSWERED);
        if (!available) {
            available = true;
            LOGGER.atInfo().addKeyValue("url", url()).log("the authorizer answers again");
        }
    }

    private AuthorizerUnavailableException invalid(Question question, String reason, @Nullable Exception cause) {
        metrics.count(question.kind(), Outcome.INVALID);
        return unusable(question, reason, cause);
    }

    private AuthorizerUnavailableException failed(Question question, boolean sent, Throwable failure) {
        Throwable cause =
                failure instanceof CompletionException && failure.getCause() != null ? failure.getCause() : failure;
        if (!sent) {
            metrics.count(question.kind(), Outcome.OVERLOADED);
            return unavailable("too many requests to the authorizer are open");
        }
        if (isTooLong(cause)) {
            metrics.count(question.kind(), Outcome.INVALID);
            return unusable(question, "the answer is longer than " + MAX_ANSWER_BYTES + " bytes", cause);
        }
        boolean late = cause instanceof TimeoutException || cause instanceof HttpTimeoutException;
        metrics.count(question.kind(), late ? Outcome.TIMEOUT : Outcome.UNREACHABLE);
        String tls = VerifiedTls.refusal(cause);
        String reason = late
                ? "no complete answer within " + config.timeout().toMillis() + " ms"
                : tls != null ? tls : String.valueOf(cause);
        return unusable(question, reason, cause);
    }

    /** The client learns that there is no answer; the log has the reason, once until the next answer. */
    private AuthorizerUnavailableException unusable(Question question, String reason, @Nullable Throwable cause) {
        if (available) {
            available = false;
            LOGGER.atWarn()
                    .addKeyValue("url", url())
                    .addKeyValue("question", question.kind().text())
                    .addKeyValue("reason", Text.printable(reason, MAX_REASON_CHARS))
                    .log("the authorizer gives no valid answer");
        }
        AuthorizerUnavailableException unavailable = unavailable("the authorizer gives no valid answer at present");
        if (cause != null) {
            unavailable.addSuppressed(cause);
        }
        return unavailable;
    }

    private static AuthorizerUnavailableException unavailable(String message) {
        return new AuthorizerUnavailableException(message);
    }

    private String url() {
        return PrintableUrl.of(config.url().toString());
    }

    /** One question until its answer. Runs when it may be sent. */
    private final class Exchange implements Runnable {
        private final byte[] body;
        private final CompletableFuture<HttpResponse<byte[]>> answer = new CompletableFuture<>();
        private volatile @Nullable CompletableFuture<HttpResponse<byte[]>> sent;

        Exchange(Question question) {
            this.body = question.bytes();
        }

        @Override
        public void run() {
            send(true);
        }

        private void send(boolean mayRepeat) {
            if (answer.isDone()) {
                return;
            }
            long began = platform.nanoTime().getAsLong();
            HttpRequest request = HttpRequest.newBuilder(config.url())
                    .header("Content-Type", "application/json")
                    .header("Accept", "application/json")
                    .header(
                            RequestSignature.HEADER,
                            signature.of(platform.clock().instant().getEpochSecond(), body))
                    .POST(HttpRequest.BodyPublishers.ofByteArray(body))
                    .build();
            CompletableFuture<HttpResponse<byte[]>> exchange =
                    http.sendAsync(request, head -> new LimitedBody(MAX_ANSWER_BYTES));
            sent = exchange;
            CompletableFuture<?> _ = exchange.whenComplete((response, e) -> {
                if (e == null) {
                    metrics.answered(platform.nanoTime().getAsLong() - began);
                    answer.complete(response);
                } else if (mayRepeat && isBroken(e)) {
                    metrics.repeated();
                    send(false);
                } else {
                    answer.completeExceptionally(e);
                }
            });
            if (answer.isDone()) {
                cancel();
            }
        }

        /** Cancels the exchange: the client's own time limit does not cover the body. */
        void cancel() {
            CompletableFuture<?> current = sent;
            if (current != null) {
                current.cancel(true);
            }
        }
    }

    /** Whether an established connection broke; a refused one was tried twice already, and a refused certificate stays refused. */
    private static boolean isBroken(Throwable failure) {
        Throwable cause = failure instanceof CompletionException ? failure.getCause() : failure;
        return cause instanceof IOException
                && !(cause instanceof ConnectException)
                && !(cause instanceof HttpTimeoutException)
                && !isTooLong(cause)
                && !(cause instanceof SSLException);
    }

    private static boolean isTooLong(@Nullable Throwable failure) {
        return failure instanceof LimitedBody.TooLongException
                || failure instanceof IOException && failure.getCause() instanceof LimitedBody.TooLongException;
    }

    @Override
    public void close() {
        http.shutdownNow();
    }
}
