package dev.carillon.admin;

import dev.carillon.base.CarillonException;
import dev.carillon.base.ErrorCode;
import dev.carillon.cluster.CallSigner;
import dev.carillon.cluster.CallVerifier;
import dev.carillon.cluster.Control;
import dev.carillon.cluster.ControlMessage;
import dev.carillon.cluster.VerifiedBody;
import dev.carillon.http.Requests;
import dev.carillon.http.StreamedBody;
import io.undertow.server.HttpServerExchange;
import io.undertow.server.RoutingHandler;
import io.undertow.util.HeaderValues;
import io.undertow.util.Headers;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import java.util.function.Supplier;

/** Routes of the internal port, for other nodes: {@code /_cluster/control}, {@code /_cluster/stream} and {@code /_cluster/health}. Every call must be signed. */
public final class InternalRoutes {
    private final CallVerifier verifier;
    private final Control control;
    private final long uploadMaxBytes;

    /** @param uploadMaxBytes size limit of the content of a streamed call */
    public InternalRoutes(CallVerifier verifier, Control control, long uploadMaxBytes) {
        this.uploadMaxBytes = uploadMaxBytes;
        this.verifier = verifier;
        this.control = control;
    }

    public void add(RoutingHandler routes) {
        routes.post(Control.MESSAGES, x -> answer(x, ControlMessage.MAX_BYTES, control::handle));
        routes.post(Control.STREAMS, this::stream);
        routes.post(Control.HEALTH, x -> answer(x, 0, none -> CompletableFuture.completedStage(control.ownHealth())));
    }

    /** The size of a streamed call with its head and the signatures of its parts. */
    public static long streamBytes(long content) {
        return content + content / 16 + 512 * 1024;
    }

    /** Verifies the call before it reads the body, and each part of the body before it is used. */
    private void stream(HttpServerExchange exchange) {
        CallVerifier.Accepted call = accepted(exchange);
        Requests.then(exchange, () -> answer(exchange, call), answer -> send(exchange, answer));
    }

    /** Completes when the whole body has arrived: a caller that still sends does not see an answer. */
    private CompletionStage<byte[]> answer(HttpServerExchange exchange, CallVerifier.Accepted call) {
        StreamedBody body = StreamedBody.receive(exchange, streamBytes(uploadMaxBytes));
        CompletionStage<byte[]> answer =
                noted(() -> control.handle(new VerifiedBody(call, body.stream(), uploadMaxBytes)));
        return answer.handle((bytes, e) -> body.finish())
                .thenCompose(Function.identity())
                .thenCompose(x -> answer);
    }

    /** Verifies the call before it reads the body. */
    private void answer(HttpServerExchange exchange, int maxBytes, Function<byte[], CompletionStage<byte[]>> action) {
        CallVerifier.Accepted call = accepted(exchange);
        Requests.body(exchange, maxBytes, body -> {
            call.verifyBody(body);
            Requests.then(exchange, () -> noted(() -> action.apply(body)), answer -> send(exchange, answer));
        });
    }

    /** Notes a call that this release does not know. */
    private CompletionStage<byte[]> noted(Supplier<CompletionStage<byte[]>> action) {
        CompletionStage<byte[]> answer;
        try {
            answer = action.get();
        } catch (CarillonException e) {
            answer = CompletableFuture.failedStage(e);
        }
        return answer.whenComplete((bytes, e) -> {
            Throwable cause = e instanceof CompletionException && e.getCause() != null ? e.getCause() : e;
            if (cause instanceof CarillonException known && known.code() == ErrorCode.UNKNOWN_MESSAGE) {
                verifier.noteUnknown(known);
            }
        });
    }

    private CallVerifier.Accepted accepted(HttpServerExchange exchange) {
        HeaderValues given = exchange.getRequestHeaders().get(CallSigner.HEADER);
        return verifier.accept(
                exchange.getRequestMethod().toString(), path(exchange), given == null ? List.of() : given);
    }

    private static void send(HttpServerExchange exchange, byte[] answer) {
        exchange.getResponseHeaders().put(Headers.CONTENT_TYPE, "application/json");
        exchange.getResponseSender().send(ByteBuffer.wrap(answer));
    }

    /** Path and query in the form in which the caller signed them. */
    private static String path(HttpServerExchange exchange) {
        String query = exchange.getQueryString();
        return exchange.getRequestURI() + (query.isEmpty() ? "" : "?" + query);
    }
}
