package dev.carillon.trace.span;

import dev.carillon.scope.Event;
import io.opentelemetry.api.OpenTelemetry;
import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanKind;
import io.opentelemetry.api.trace.Tracer;
import io.opentelemetry.context.Context;
import io.opentelemetry.context.Scope;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The spans of requests to extensions, and of their calls to other nodes. They exist only within a trace that another program has begun, such as a proxy. Code
 * of the application runs in the context of its span. Thread-safe.
 */
public final class CallSpans {
    private static final AttributeKey<String> CALL = AttributeKey.stringKey("carillon.call");
    private static final AttributeKey<String> METHOD = AttributeKey.stringKey("http.request.method");

    private final Tracer tracer;

    public CallSpans(OpenTelemetry api) {
        tracer = api.getTracer("dev.carillon");
    }

    /** Runs the handler of a request. */
    public <T> T request(@Nullable String traceparent, String method, Callable<T> handler) throws Exception {
        return traceparent == null
                ? handler.call()
                : within(
                        span("request", SpanKind.SERVER, SpanContexts.parent(traceparent))
                                .setAttribute(METHOD, method),
                        handler);
    }

    /** Runs the handler of a call from another node. */
    public <T> T received(@Nullable String traceparent, String name, Callable<T> handler) throws Exception {
        return traceparent == null || !Event.isTraceparent(traceparent)
                ? handler.call()
                : within(
                        span("call received", SpanKind.SERVER, SpanContexts.parent(traceparent))
                                .setAttribute(CALL, name),
                        handler);
    }

    /**
     * Calls another node.
     *
     * @param call makes the call with the trace context that it is given; null: none
     */
    public <T> CompletionStage<T> call(String name, Function<@Nullable String, CompletionStage<T>> call) {
        if (!Span.current().getSpanContext().isSampled()) {
            return call.apply(null);
        }
        Span span = span("call", SpanKind.CLIENT, Context.current()).setAttribute(CALL, name);
        try {
            return call.apply(SpanContexts.text(span)).whenComplete((answer, e) -> EventSpans.end(span, e));
        } catch (RuntimeException e) {
            EventSpans.end(span, e);
            throw e;
        }
    }

    private Span span(String name, SpanKind kind, Context parent) {
        return tracer.spanBuilder(name).setSpanKind(kind).setParent(parent).startSpan();
    }

    private static <T> T within(Span span, Callable<T> code) throws Exception {
        try (Scope _ = span.makeCurrent()) {
            T result = code.call();
            span.end();
            return result;
        } catch (Throwable e) {
            EventSpans.end(span, e);
            throw e;
        }
    }
}
