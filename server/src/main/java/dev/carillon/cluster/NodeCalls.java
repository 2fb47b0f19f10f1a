package dev.carillon.cluster;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.carillon.base.CarillonException;
import dev.carillon.base.ErrorCode;
import dev.carillon.base.Platform;
import dev.carillon.base.Text;
import dev.carillon.base.TimeLimit;
import io.micrometer.core.instrument.MeterRegistry;
import java.io.IOException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * Calls to other nodes: HTTP/1.1 to the advertised address, signed. At most {@value #MAX_OPEN} are open; policy beyond that: a call fails
 * at once as {@code overloaded}. A call is sent once and never repeated here: whether it took effect is not known when its answer is
 * missing. Thread-safe; never blocks.
 */
public final class NodeCalls implements AutoCloseable {
    /** From the call to the end of its answer. */
    public static final Duration TIMEOUT = Duration.ofSeconds(5);

    static final int MAX_OPEN = 256;
    private static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(2);
    private static final int MAX_ANSWER_BYTES = 64 * 1024;
    private static final int MAX_SHOWN = 200;
    private static final JsonMapper JSON = new JsonMapper();

    private final CallSigner signer;
    private final MeterRegistry registry;
    private final TimeLimit limit;
    private final Semaphore permits = new Semaphore(MAX_OPEN);
    private final HttpClient http;

    public NodeCalls(CallSigner signer, MeterRegistry registry, Platform platform) {
        this(signer, registry, platform, TIMEOUT);
    }

    NodeCalls(CallSigner signer, MeterRegistry registry, Platform platform, Duration timeout) {
        this.signer = signer;
        this.registry = registry;
        this.limit = new TimeLimit(timeout, platform.timer());
        this.http = HttpClient.newBuilder()
                .version(HttpClient.Version.HTTP_1_1)
                .connectTimeout(CONNECT_TIMEOUT)
                .followRedirects(HttpClient.Redirect.NEVER)
                // Not by a proxy that the JVM's properties name for the outside.
                .proxy(HttpClient.Builder.NO_PROXY)
                .executor(platform.threads().each("carillon-node-calls"))
                .build();
    }

    /**
     * Calls a node.
     *
     * @return the body of its answer; fails with a {@link CarillonException}: with the code that the node answered, or {@code
     *     node-unreachable}, {@code call-refused} or {@code overloaded}
     */
    public CompletionStage<byte[]> call(NodeRecord callee, String method, String path, byte[] body) {
        if (signer.isAlone()) {
            return failed(
                    "refused",
                    ErrorCode.CALL_REFUSED,
                    "this node was started without a secret, so no other node can verify its calls: set secret, the same on every node");
        }
        NodeAddress address = callee.address().orElse(null);
        if (address == null) {
            return failed("unreachable", ErrorCode.NODE_UNREACHABLE, "the node advertises no address for calls");
        }
        if (!permits.tryAcquire()) {
            return failed("overloaded", ErrorCode.OVERLOADED, "more than " + MAX_OPEN + " calls to nodes are open");
        }
        CompletableFuture<HttpResponse<byte[]>> sent;
        try {
            sent = http.sendAsync(
                    HttpRequest.newBuilder(address.uri(path))
                            .header(
                                    CallSigner.HEADER,
                                    signer.sign(
                                            new CallSigner.Self(callee.id(), callee.generation()), method, path, body))
                            .header("Content-Type", "application/json")
                            .method(method, HttpRequest.BodyPublishers.ofByteArray(body))
                            .build(),
                    BodyHandlers.limiting(BodyHandlers.ofByteArray(), MAX_ANSWER_BYTES));
        } catch (RuntimeException e) {
            // An id or address that no header or URI can hold: the record of another node may have any.
            permits.release();
            return failed("unreachable", ErrorCode.NODE_UNREACHABLE, String.valueOf(e.getMessage()));
        }
        return limit.on(sent.copy()).handle((answer, e) -> {
            permits.release();
            if (e != null) {
                // Ends the exchange, whose own time limit would not hold for the body.
                sent.cancel(true);
                throw unreachable(address, e);
            }
            return taken(answer);
        });
    }

    private byte[] taken(HttpResponse<byte[]> answer) {
        if (answer.statusCode() == 200) {
            sent("answered");
            return answer.body();
        }
        CarillonException problem = problem(answer);
        sent(problem.code() == ErrorCode.NODE_UNREACHABLE ? "unreachable" : "refused");
        throw problem;
    }

    /** Of a node, or of whatever listens at its address. */
    private static CarillonException problem(HttpResponse<byte[]> answer) {
        @Nullable JsonNode body;
        try {
            body = JSON.readTree(answer.body());
        } catch (IOException e) {
            body = null;
        }
        if (body != null) {
            String detail = Text.printable(body.path("detail").asText(), MAX_SHOWN);
            ErrorCode code = ErrorCode.of(body.path("code").asText()).orElse(null);
            if (code != null) {
                return new CarillonException(code, detail);
            }
        }
        return new CarillonException(
                ErrorCode.NODE_UNREACHABLE, "the address of the node answers with status " + answer.statusCode());
    }

    private CarillonException unreachable(NodeAddress address, Throwable failure) {
        Throwable cause =
                failure instanceof CompletionException && failure.getCause() != null ? failure.getCause() : failure;
        boolean late = cause instanceof TimeoutException;
        sent(late ? "timeout" : "unreachable");
        String reason = cause.getMessage() == null ? cause.getClass().getSimpleName() : cause.getMessage();
        return new CarillonException(
                ErrorCode.NODE_UNREACHABLE,
                address
                        + (late
                                ? ": no answer within " + limit.length().toSeconds() + " s"
                                : ": " + Text.printable(reason, MAX_SHOWN)),
                cause);
    }

    private <T> CompletionStage<T> failed(String outcome, ErrorCode code, String message) {
        sent(outcome);
        return CompletableFuture.failedStage(new CarillonException(code, message));
    }

    private void sent(String outcome) {
        registry.counter("carillon.cluster.calls.sent", "outcome", outcome).increment();
    }

    @Override
    public void close() {
        http.shutdownNow();
    }
}
