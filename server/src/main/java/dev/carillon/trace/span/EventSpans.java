package dev.carillon.trace.span;

import dev.carillon.base.CarillonException;
import dev.carillon.broadcast.BroadcastTrace;
import dev.carillon.broadcast.Broadcaster;
import dev.carillon.broker.Appended;
import dev.carillon.broker.Broker;
import dev.carillon.broker.Live;
import dev.carillon.feed.FeedListener;
import dev.carillon.scope.Event;
import dev.carillon.scope.Position;
import dev.carillon.scope.Tenant;
import io.opentelemetry.api.OpenTelemetry;
import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanKind;
import io.opentelemetry.api.trace.StatusCode;
import io.opentelemetry.api.trace.Tracer;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The spans of an event: broadcast and append on the node that broadcasts, feed and deliver on each node that receives it.
 *
 * <pre>
 *  broadcast ── append ──┬── feed ── deliver     (node 1)
 *                        └── feed ── deliver     (node 2)
 * </pre>
 *
 * <p>The event carries the context of its append. An event that is not recorded carries none, and costs nothing on any node. Thread-safe.
 */
public final class EventSpans implements BroadcastTrace {
    /** Events between the broker and the fan-out; beyond that the span of the oldest one ends early. */
    private static final int MAX_RECEIVED = 1_000;

    private static final AttributeKey<String> TENANT = AttributeKey.stringKey("carillon.tenant");
    private static final AttributeKey<Long> SCOPES = AttributeKey.longKey("carillon.scopes");
    private static final AttributeKey<String> SCOPE_KIND = AttributeKey.stringKey("carillon.scope.kind");
    private static final AttributeKey<Long> BYTES = AttributeKey.longKey("carillon.bytes");
    private static final AttributeKey<Long> EPOCH = AttributeKey.longKey("carillon.epoch");
    private static final AttributeKey<Long> SEQUENCE = AttributeKey.longKey("carillon.sequence");
    private static final AttributeKey<String> SYSTEM = AttributeKey.stringKey("messaging.system");
    private static final AttributeKey<Boolean> LATE = AttributeKey.booleanKey("carillon.late");
    private static final AttributeKey<Boolean> FROM_LOG = AttributeKey.booleanKey("carillon.from_log");
    static final AttributeKey<String> ERROR = AttributeKey.stringKey("error.type");

    private final Tracer tracer;
    /** Guarded by itself. */
    private final Map<Key, Span> received = new LinkedHashMap<>();

    private record Key(Tenant tenant, Position at) {}

    public EventSpans(OpenTelemetry api) {
        tracer = api.getTracer("dev.carillon");
    }

    @Override
    public boolean isOn() {
        return true;
    }

    @Override
    public CompletionStage<Broadcaster.Receipt> trace(
            Event event, Function<Event, CompletionStage<Broadcaster.Receipt>> send) {
        Span span = tracer.spanBuilder("broadcast")
                .setSpanKind(SpanKind.PRODUCER)
                .setParent(SpanContexts.parent(event.traceparent()))
                .setAttribute(TENANT, event.tenant().name())
                .setAttribute(SCOPES, (long) event.scopes().size())
                .setAttribute(SCOPE_KIND, event.scopes().getFirst().kind().text())
                .setAttribute(BYTES, (long) event.data().length())
                .startSpan();
        String context = span.getSpanContext().isSampled() ? SpanContexts.text(span) : null;
        try {
            return send.apply(event.withTraceparent(context)).whenComplete((receipt, e) -> end(span, e));
        } catch (RuntimeException e) {
            end(span, e);
            throw e;
        }
    }

    /** The broker with spans of its appends. */
    public Broker traced(Broker broker) {
        return new TracedBroker(broker, this);
    }

    CompletionStage<Appended> append(Event event, String driver, Function<Event, CompletionStage<Appended>> append) {
        Span span = child("append", SpanKind.CLIENT, event).setAttribute(SYSTEM, driver);
        try {
            return append.apply(event.withTraceparent(SpanContexts.text(span))).whenComplete((appended, e) -> {
                if (appended != null) {
                    span.setAttribute(EPOCH, appended.at().epoch());
                    span.setAttribute(SEQUENCE, appended.at().sequence());
                }
                end(span, e);
            });
        } catch (RuntimeException e) {
            end(span, e);
            throw e;
        }
    }

    /** The broker has sent an event to this node. It may be sent once for each of its scopes. */
    void receive(Live live) {
        if (live.event().traceparent() == null) {
            return;
        }
        Key key = new Key(live.event().tenant(), live.at());
        synchronized (received) {
            if (received.containsKey(key)) {
                return;
            }
            received.put(key, feed(live));
            if (received.size() > MAX_RECEIVED) {
                Iterator<Span> oldest = received.values().iterator();
                oldest.next().end();
                oldest.remove();
            }
        }
    }

    private Span feed(Live live) {
        return child("feed", SpanKind.CONSUMER, live.event())
                .setAttribute(EPOCH, live.at().epoch())
                .setAttribute(SEQUENCE, live.at().sequence());
    }

    /** A listener with spans of its deliveries. */
    public FeedListener traced(FeedListener listener) {
        return new TracedListener(listener, this);
    }

    /** The feed hands an event on. */
    void deliver(Live live, boolean late, FeedListener listener, Runnable delivery) {
        Span feed;
        synchronized (received) {
            feed = received.remove(new Key(live.event().tenant(), live.at()));
        }
        if (feed == null) {
            feed = feed(live).setAttribute(FROM_LOG, true);
        }
        if (late) {
            feed.setAttribute(LATE, true);
        }
        Span deliver = tracer.spanBuilder("deliver")
                .setParent(SpanContexts.parent(SpanContexts.text(feed)))
                .startSpan();
        feed.end();
        delivery.run();
        var _ = listener.settled().whenComplete((x, e) -> end(deliver, e));
    }

    private Span child(String name, SpanKind kind, Event event) {
        return tracer.spanBuilder(name)
                .setSpanKind(kind)
                .setParent(SpanContexts.parent(event.traceparent()))
                .startSpan();
    }

    static void end(Span span, @Nullable Throwable failure) {
        if (failure != null) {
            Throwable cause =
                    failure instanceof CompletionException && failure.getCause() != null ? failure.getCause() : failure;
            // Without the message, which may name a scope.
            span.setStatus(StatusCode.ERROR);
            span.setAttribute(
                    ERROR,
                    cause instanceof CarillonException known ? known.code().code() : "internal");
        }
        span.end();
    }
}
