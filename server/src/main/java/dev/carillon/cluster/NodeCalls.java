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
import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * Calls to other nodes: HTTP/1.1 to the advertised address, signed. At most {@value #MAX_OPEN} are open, and {@value #MAX_WAITING} wait
 * for their turn, in order and within their own time limit; policy beyond that: a call fails at once as {@code overloaded}, as does one whose
 * turn does not come in time. A call is sent once and never repeated here: whether it took effect is not known when its answer is
 * missing. Thread-safe; never blocks.
 */
public final class NodeCalls implements AutoCloseable {
    /** From the call to the end of its answer. */
    public static final Duration TIMEOUT = Duration.ofSeconds(5);

    static final int MAX_OPEN = 256;
    /** Some rounds over a cluster of hundreds of nodes. */
    static final int MAX_WAITING = 4_096;

    private static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(2);
    private static final int MAX_ANSWER_BYTES = 64 * 1024;
    private static final int MAX_SHOWN = 200;
    private static final JsonMapper JSON = new JsonMapper();

    private final CallSigner signer;
    private final MeterRegistry registry;
    private final TimeLimit limit;
    private final Executor executor;
    private final HttpClient http;
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
        this.executor = platform.threads().each("carillon-node-calls");
        this.http = HttpClient.newBuilder()
                .version(HttpClient.Version.HTTP_1_1)
                .connectTimeout(CONNECT_TIMEOUT)
                .followRedirects(HttpClient.Redirect.NEVER)
                // Not by a proxy that the JVM's properties name for the outside.
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
        Call call = new Call(callee, address, method, path, body);
        switch (enter(call)) {
            case OPEN -> call.send();
            case WAITING -> {}
            case REFUSED -> {
                return failed(
                        "overloaded",
                        ErrorCode.OVERLOADED,
                        "more than " + MAX_OPEN + " calls to nodes are open, and " + MAX_WAITING + " wait");
            }
        }
        return limit.on(call.answer).handle((answer, e) -> {
            boolean sent = leave(call);
            if (e == null) {
                return taken(answer);
            }
            call.cancel();
            throw sent ? unreachable(address, e) : neverSent();
        });
    }

    private enum Entry {
        OPEN,
        WAITING,
        REFUSED
    }

    private Entry enter(Call call) {
        synchronized (waiting) {
            if (open < MAX_OPEN) {
                open++;
                return Entry.OPEN;
            }
            return waiting.size() < MAX_WAITING && waiting.add(call) ? Entry.WAITING : Entry.REFUSED;
        }
    }

    /** Answers whether its turn had come; then it is that of the next. */
    private boolean leave(Call call) {
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
        // Not here: where sending fails at once, one would follow the other on this stack.
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

        /** Signs it now: what waits does not grow stale. */
        void send() {
            try {
                HttpRequest request = HttpRequest.newBuilder(address.uri(path))
                        .header(
                                CallSigner.HEADER,
                                signer.sign(new CallSigner.Self(callee.id(), callee.generation()), method, path, body))
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
                // An id or address that no header or URI can hold: the record of another node may have any.
                answer.completeExceptionally(e);
            }
        }

        /** Ends the exchange, whose own time limit would not hold for the body. */
        void cancel() {
            CompletableFuture<?> sent = exchange;
            if (sent != null) {
                sent.cancel(true);
            }
        }
    }

    private CarillonException neverSent() {
        sent("overloaded");
        return new CarillonException(
                ErrorCode.OVERLOADED,
                "the call was not sent: " + MAX_OPEN + " others were open for "
                        + limit.length().toSeconds() + " s");
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
