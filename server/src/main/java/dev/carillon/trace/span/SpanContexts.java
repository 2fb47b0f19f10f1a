package dev.carillon.trace.span;

import dev.carillon.scope.Event;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanContext;
import io.opentelemetry.api.trace.TraceFlags;
import io.opentelemetry.api.trace.TraceState;
import io.opentelemetry.context.Context;
import org.jspecify.annotations.Nullable;

/** W3C trace contexts of version 00, as text. The trace state of vendors is not carried. */
final class SpanContexts {
    private static final int TRACE = 3;
    private static final int SPAN = TRACE + 33;
    private static final int FLAGS = SPAN + 17;

    private SpanContexts() {}

    static String text(Span span) {
        SpanContext context = span.getSpanContext();
        return "00-" + context.getTraceId() + "-" + context.getSpanId() + "-"
                + context.getTraceFlags().asHex();
    }

    /** The context of a remote parent; without a valid one, that of the application's code. */
    static Context parent(@Nullable String traceparent) {
        return traceparent == null || !Event.isTraceparent(traceparent)
                ? Context.current()
                : Context.root()
                        .with(Span.wrap(SpanContext.createFromRemoteParent(
                                traceparent.substring(TRACE, SPAN - 1),
                                traceparent.substring(SPAN, FLAGS - 1),
                                TraceFlags.fromHex(traceparent, FLAGS),
                                TraceState.getDefault())));
    }
}
