package dev.carillon.cluster;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.carillon.base.CarillonException;
import dev.carillon.base.ErrorCode;
import dev.carillon.base.Platform;
import dev.carillon.base.Text;
import dev.carillon.base.TimeLimit;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import java.io.IOException;
import java.io.InputStream;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Calls to other nodes: signed HTTP/1.1 requests to their advertised addresses. At most {@value #MAX_OPEN} are open, and {@value
 * #MAX_WAITING} wait in order, within their own time limit. Beyond that, a call fails at once as {@code overloaded}, as does one that
 * waited for its whole time limit. Of calls with a streamed body, at most {@value #MAX_STREAMS} are open, and none waits. A call is never repeated here: if its answer is missing, its effect is unknown. Thread-safe; never
 * blocks.
 */
public final class NodeCalls implements AutoCloseable {
    /** Time limit from the call to the end of its answer. */
    public static final Duration TIMEOUT = Duration.ofSeconds(5);

    private static final String POST = "POST";
    static final int MAX_OPEN = 256;
    /** A few rounds over a cluster of hundreds of nodes. */
    static final int MAX_WAITING = 4_096;

    static final int MAX_STREAMS = 64;
    /** How long a node may take nothing of a streamed body, or not answer after its end. */
    private static final Duration STREAM_TIMEOUT = TIMEOUT.multipliedBy(2);

    private static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(2);
    private static final int MAX_ANSWER_BYTES = 64 * 1024;
    private static final int MAX_MESSAGE_CHARS = 200;
    private static final JsonMapper JSON = new JsonMapper();

    private final CallSigner signer;
    private final MeterRegistry registry;
    private final TimeLimit limit;
    private final Executor executor;
    private final LongSupplier nanoTime;
    private final HttpClient http;
    private final Semaphore streams = new Semaphore(MAX_STREAMS);
    // Below: guarded by waiting.
    private final Set<Call> waiting = new LinkedHashSet<>();
    private int open;

    public NodeCalls(CallSigner signer, MeterRegistry registry, Platform platform) {
        this(signer, registry, platform, TIMEOUT);
    }

    NodeCalls(CallSigner signer, MeterRegistry registry, Platform platform, Duration timeout) {
        this.signer = signer;
        this.registry = registry;
        this.limit = new TimeLimit(timeout, platform.timer());
        this.nanoTime = platform.nanoTime();
        this.executor = platform.threads().each("carillon-node-calls");
        this.http = HttpClient.newBuilder()
                .version(HttpClient.Version.HTTP_1_1)
                .connectTimeout(CONNECT_TIMEOUT)
                .followRedirects(HttpClient.Redirect.NEVER)
                // Ignores the proxy of the JVM's system properties, which is for outside destinations.
                .proxy(HttpClient.Builder.NO_PROXY)
                .executor(executor)
                .build();
    }

    /**
     * Calls a node.
     *
     * @return the body of its answer; fails with a {@link CarillonException}: with the code that the node answered, or {@code
     *     node-unreachable}, {@code call-refused} or {@code overloaded}
     */
    public CompletionStage<byte[]> call(NodeRecord callee, String method, String path, byte[] body) {
        NodeAddress address = callee.address().orElse(null);
        CarillonException unable = unable(address);
        if (unable != null || address == null) {
            return CompletableFuture.failedStage(Objects.requireNonNull(unable));
        }
        Call call = new Call(callee, address, method, path, body);
        switch (admit(call)) {
            case OPEN -> call.send();
            case WAITING -> {}
            case REFUSED -> {
                return CompletableFuture.failedStage(counted(
                        "overloaded",
                        ErrorCode.OVERLOADED,
                        MAX_OPEN + " calls to nodes are open and " + MAX_WAITING + " are waiting"));
            }
        }
        return limit.on(call.answer).handle((answer, e) -> {
            boolean sent = release(call);
            if (e == null) {
                return body(answer);
            }
            call.cancel();
            throw sent ? unreachable(address, e) : notSent();
        });
    }

    /**
     * Calls a node with a body that is sent as it arrives. Blocks until the node has answered, without a limit for the time that the content takes.
     *
     * @param content read until this method returns, on another thread. If a read fails with a {@link CarillonException}, so does the call
     * @throws CarillonException as {@link #call}
     */
    public byte[] stream(NodeRecord callee, String path, StreamedCall call, InputStream content) {
        NodeAddress address = callee.address().orElse(null);
        CarillonException unable = unable(address);
        if (unable != null || address == null) {
            throw Objects.requireNonNull(unable);
        }
        if (!streams.tryAcquire()) {
            throw counted("overloaded", ErrorCode.OVERLOADED, MAX_STREAMS + " streamed calls to nodes are open");
        }
        try {
            byte[] head = call.bytes();
            CallSigner.Stream signed =
                    signer.signStream(new CallSigner.NodeIdentity(callee.id(), callee.generation()), POST, path, head);
            SignedBody body = new SignedBody(signed.parts(), head, content, nanoTime);
            HttpRequest request = HttpRequest.newBuilder(address.uri(path))
                    .header(CallSigner.HEADER, signed.header())
                    .header("Content-Type", "application/octet-stream")
                    .method(POST, HttpRequest.BodyPublishers.ofInputStream(() -> body))
                    .build();
            return body(await(
                    http.sendAsync(request, BodyHandlers.limiting(BodyHandlers.ofByteArray(), MAX_ANSWER_BYTES)),
                    body,
                    address));
        } finally {
            streams.release();
        }
    }

    private HttpResponse<byte[]> await(
            CompletableFuture<HttpResponse<byte[]>> answer, SignedBody body, NodeAddress address) {
        while (true) {
            try {
                return answer.get(1, TimeUnit.SECONDS);
            } catch (TimeoutException e) {
                if (body.idleNanos() > STREAM_TIMEOUT.toNanos()) {
                    answer.cancel(true);
                    throw unreachable(address, e);
                }
            } catch (ExecutionException e) {
                CarillonException failure = body.failure();
                throw failure == null
                        ? unreachable(address, e.getCause() == null ? e : e.getCause())
                        : new CarillonException(failure.code(), String.valueOf(failure.getMessage()), failure);
            } catch (InterruptedException e) {
                answer.cancel(true);
                Thread.currentThread().interrupt();
                throw unreachable(address, e);
            }
        }
    }

    private enum Admission {
        OPEN,
        WAITING,
        REFUSED
    }

    private Admission admit(Call call) {
        synchronized (waiting) {
            if (open < MAX_OPEN) {
                open++;
                return Admission.OPEN;
            }
            return waiting.size() < MAX_WAITING && waiting.add(call) ? Admission.WAITING : Admission.REFUSED;
        }
    }

    /** Ends a call: false if it was still waiting; otherwise passes its slot to the next one. */
    private boolean release(Call call) {
        Call next;
        synchronized (waiting) {
            if (waiting.remove(call)) {
                return false;
            }
            Iterator<Call> first = waiting.iterator();
            if (!first.hasNext()) {
                open--;
                return true;
            }
            next = first.next();
            first.remove();
        }
        // Not on this stack: calls that fail at once would recurse.
        executor.execute(next::send);
        return true;
    }

    private final class Call {
        private final NodeRecord callee;
        private final NodeAddress address;
        private final String method;
        private final String path;
        private final byte[] body;
        private final CompletableFuture<HttpResponse<byte[]>> answer = new CompletableFuture<>();
        private volatile @Nullable CompletableFuture<HttpResponse<byte[]>> exchange;

        Call(NodeRecord callee, NodeAddress address, String method, String path, byte[] body) {
            this.callee = callee;
            this.address = address;
            this.method = method;
            this.path = path;
            this.body = body;
        }

        /** Signs and sends the call. Signing happens now, because a signature would expire while the call waits. */
        void send() {
            try {
                HttpRequest request = HttpRequest.newBuilder(address.uri(path))
                        .header(
                                CallSigner.HEADER,
                                signer.sign(
                                        new CallSigner.NodeIdentity(callee.id(), callee.generation()),
                                        method,
                                        path,
                                        body))
                        .header("Content-Type", "application/json")
                        .method(method, HttpRequest.BodyPublishers.ofByteArray(body))
                        .build();
                if (answer.isDone()) {
                    return;
                }
                CompletableFuture<HttpResponse<byte[]>> sent =
                        http.sendAsync(request, BodyHandlers.limiting(BodyHandlers.ofByteArray(), MAX_ANSWER_BYTES));
                exchange = sent;
                CompletableFuture<?> _ = sent.whenComplete((response, e) -> {
                    if (e == null) {
                        answer.complete(response);
                    } else {
                        answer.completeExceptionally(e);
                    }
                });
                if (answer.isDone()) {
                    cancel();
                }
            } catch (RuntimeException e) {
                // The record of another node may have an id or address that no header or URI can contain.
                answer.completeExceptionally(e);
            }
        }

        /** Cancels the exchange: the client's own time limit does not cover the body. */
        void cancel() {
            CompletableFuture<?> sent = exchange;
            if (sent != null) {
                sent.cancel(true);
            }
        }
    }

    private CarillonException notSent() {
        count("overloaded");
        return new CarillonException(
                ErrorCode.OVERLOADED,
                "the call was not sent: " + MAX_OPEN + " others were open for "
                        + limit.length().toSeconds() + " s");
    }

    private byte[] body(HttpResponse<byte[]> answer) {
        if (answer.statusCode() == 200) {
            count("answered");
            return answer.body();
        }
        CarillonException problem = problem(answer);
        count(problem.code() == ErrorCode.NODE_UNREACHABLE ? "unreachable" : "refused");
        throw problem;
    }

    /** The error that a node answered with; anything else comes from another server at its address. */
    private static CarillonException problem(HttpResponse<byte[]> answer) {
        @Nullable JsonNode body;
        try {
            body = JSON.readTree(answer.body());
        } catch (IOException e) {
            body = null;
        }
        if (body != null) {
            String detail = Text.printable(body.path("detail").asText(), MAX_MESSAGE_CHARS);
            ErrorCode code = ErrorCode.of(body.path("code").asText()).orElse(null);
            if (code != null) {
                return new CarillonException(code, detail);
            }
            if (body.path("code").isTextual()) {
                return new CarillonException(
                        ErrorCode.INTERNAL,
                        "the node answers with an error of a later release, "
                                + Text.printable(body.path("code").asText(), 40) + ": " + detail);
            }
        }
        return new CarillonException(
                ErrorCode.NODE_UNREACHABLE, "the address of the node answers with status " + answer.statusCode());
    }

    private CarillonException unreachable(NodeAddress address, Throwable failure) {
        Throwable cause =
                failure instanceof CompletionException && failure.getCause() != null ? failure.getCause() : failure;
        boolean late = cause instanceof TimeoutException;
        count(late ? "timeout" : "unreachable");
        String reason = cause.getMessage() == null ? cause.getClass().getSimpleName() : cause.getMessage();
        return new CarillonException(
                ErrorCode.NODE_UNREACHABLE,
                address
                        + (late
                                ? ": no answer within " + limit.length().toSeconds() + " s"
                                : ": " + Text.printable(reason, MAX_MESSAGE_CHARS)),
                cause);
    }

    /** Why a node cannot be called; null: it can. */
    private @Nullable CarillonException unable(@Nullable NodeAddress address) {
        if (signer.hasRandomSecret()) {
            return counted(
                    "refused",
                    ErrorCode.CALL_REFUSED,
                    "this node was started without a secret, so no other node can verify its calls: set secret, the same on every node");
        }
        return address == null
                ? counted("unreachable", ErrorCode.NODE_UNREACHABLE, "the node advertises no address for calls")
                : null;
    }

    private CarillonException counted(String outcome, ErrorCode code, String message) {
        count(outcome);
        return new CarillonException(code, message);
    }

    private void count(String outcome) {
        Counter.builder("carillon.cluster.calls.sent")
                .description("Calls to other nodes, by outcome")
                .tag("outcome", outcome)
                .register(registry)
                .increment();
    }

    @Override
    public void close() {
        http.shutdownNow();
    }
}
