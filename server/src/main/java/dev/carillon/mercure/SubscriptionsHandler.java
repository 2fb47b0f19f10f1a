package dev.carillon.mercure;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.carillon.base.CarillonException;
import dev.carillon.base.ErrorCode;
import dev.carillon.base.Text;
import dev.carillon.broker.Log;
import dev.carillon.broker.OverloadedException;
import dev.carillon.http.RequestMemory;
import dev.carillon.http.Requests;
import dev.carillon.limits.MemoryBudget;
import dev.carillon.scope.Cursor;
import dev.carillon.scope.EventIds;
import dev.carillon.scope.Position;
import dev.carillon.scope.Tenant;
import dev.carillon.subscriptions.ActiveSubscriptions;
import dev.carillon.subscriptions.Subscriber;
import io.undertow.server.HttpHandler;
import io.undertow.server.HttpServerExchange;
import io.undertow.util.ETag;
import io.undertow.util.ETagUtils;
import io.undertow.util.Headers;
import io.undertow.util.StatusCodes;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * {@code GET /.well-known/mercure/subscriptions[/{topic}[/{subscriber}]]}: answers with the active subscriptions of all nodes as JSON-LD,
 * with the id of the log's last event as entity tag. A topic without subscribers has an empty collection. At most {@value #MAX_CONCURRENT}
 * answers are produced at a time; further requests are refused as overloaded.
 */
public final class SubscriptionsHandler implements HttpHandler {
    /** The routes to which the handler has to be added. It parses the path itself and ignores the router's parameters. */
    public static final List<String> ROUTES = List.of(
            SubscriptionPath.ROOT,
            SubscriptionPath.ROOT + "/{subscriptions-topic}",
            SubscriptionPath.ROOT + "/{subscriptions-topic}/{subscriber}");

    private static final int MAX_CONCURRENT = 16;
    private static final String TYPE = "application/ld+json";
    private static final String EARLIEST = Cursor.EARLIEST;

    private final SubscriptionReaders readers;
    private final ActiveSubscriptions subscriptions;
    private final Log log;
    private final AtomicInteger concurrent = new AtomicInteger();

    public SubscriptionsHandler(SubscriptionReaders readers, ActiveSubscriptions subscriptions, Log log) {
        this.readers = readers;
        this.subscriptions = subscriptions;
        this.log = log;
    }

    /**
     * An answer.
     *
     * @param tag entity tag
     * @param json null: the client's version is current
     */
    private record Answer(String tag, @Nullable String json) {}

    /**
     * The version of a list of subscriptions.
     *
     * @param tag entity tag, which changes with every announcement and every event of the tenant
     */
    private record State(String lastEventId, String tag) {
        static State of(Position head, Position announced) {
            String id = SubscriptionsHandler.lastEventId(head);
            return new State(
                    id, announced.sequence() == 0 ? id : id + "+" + announced.epoch() + "." + announced.sequence());
        }
    }

    @Override
    public void handleRequest(HttpServerExchange exchange) {
        String path = path(exchange);
        Requests.then(exchange, () -> readers.of(exchange), found -> {
            SubscriptionReaders.Reader reader = found.orElseThrow(() -> new CarillonException(
                    ErrorCode.TOKEN_MISSING, "a token that grants subscribing to this path is required"));
            if (!reader.maySubscribe().test(path)) {
                throw new CarillonException(
                        ErrorCode.NOT_GRANTED, "the token does not grant subscribing to " + Text.printable(path, 200));
            }
            SubscriptionPath requested = SubscriptionPath.parse(path);
            String ifNoneMatch = exchange.getRequestHeaders().getFirst(Headers.IF_NONE_MATCH);
            Requests.then(
                    exchange, () -> answer(reader.tenant(), requested, ifNoneMatch), answer -> send(exchange, answer));
        });
    }

    private CompletionStage<Answer> answer(Tenant tenant, SubscriptionPath requested, @Nullable String ifNoneMatch) {
        if (concurrent.incrementAndGet() > MAX_CONCURRENT) {
            concurrent.decrementAndGet();
            return CompletableFuture.failedFuture(
                    new OverloadedException("more than " + MAX_CONCURRENT + " requests for subscriptions are open"));
        }
        // The position is read before the list: a client that continues from it must not miss changes that the list
        // lacks.
        return log.head(tenant)
                .thenCompose(head -> log.head(tenant.announcements())
                        .thenCompose(announced -> answer(tenant, requested, ifNoneMatch, State.of(head, announced))))
                .whenComplete((x, e) -> concurrent.decrementAndGet());
    }

    private CompletionStage<Answer> answer(
            Tenant tenant, SubscriptionPath requested, @Nullable String ifNoneMatch, State state) {
        String lastEventId = state.lastEventId();
        boolean notModified = !ETagUtils.handleIfNoneMatch(ifNoneMatch, new ETag(false, state.tag()), true);
        if (requested instanceof SubscriptionPath.One(String topic, String id)) {
            return subscriptions.find(tenant, id).thenApply(found -> {
                Subscriber subscriber = found.filter(one -> one.topics().contains(topic))
                        .orElseThrow(() -> SubscriptionPath.unknown(requested.text()));
                return notModified
                        ? new Answer(state.tag(), null)
                        : answer(SubscriptionDocuments.one(subscriber, topic, lastEventId), state.tag());
            });
        }
        return notModified
                ? CompletableFuture.completedFuture(new Answer(state.tag(), null))
                : subscriptions
                        .list(tenant)
                        .thenApply(listed ->
                                answer(SubscriptionDocuments.collection(requested, listed, lastEventId), state.tag()));
    }

    private static Answer answer(ObjectNode json, String tag) {
        return new Answer(tag, json.toString());
    }

    private static void send(HttpServerExchange exchange, Answer answer) {
        exchange.getResponseHeaders()
                .put(Headers.ETAG, new ETag(false, answer.tag()).toString())
                .put(Headers.CACHE_CONTROL, "private, no-cache");
        String json = answer.json();
        if (json == null) {
            exchange.setStatusCode(StatusCodes.NOT_MODIFIED);
            exchange.endExchange();
            return;
        }
        exchange.getResponseHeaders().put(Headers.CONTENT_TYPE, TYPE);
        byte[] bytes = json.getBytes(StandardCharsets.UTF_8);
        // Charged until the client has received it.
        MemoryBudget.Charge _ = RequestMemory.charge(exchange, MemoryBudget.Use.RESPONSES, bytes.length);
        exchange.getResponseSender().send(ByteBuffer.wrap(bytes));
    }

    /** The generated id of the position, not the event's own id, which may belong to an event that the client must not see. */
    private static String lastEventId(Position head) {
        return head.sequence() == 0 ? EARLIEST : EventIds.of(head);
    }

    /** The path as it was sent, percent-encoded: the token's selectors match that form. */
    private static String path(HttpServerExchange exchange) {
        String uri = exchange.getRequestURI();
        if (!exchange.isHostIncludedInRequestURI()) {
            return uri;
        }
        int slash = uri.indexOf('/', uri.indexOf("://") + 3);
        return slash < 0 ? "/" : uri.substring(slash);
    }
}
