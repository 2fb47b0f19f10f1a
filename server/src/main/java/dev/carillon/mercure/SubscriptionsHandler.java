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
 * {@code GET /.well-known/mercure/subscriptions[/{topic}[/{subscriber}]]}: the active subscriptions of all nodes as JSON-LD, with the id
 * of the log's last event as entity tag. A topic that nobody subscribes to has an empty collection. At most {@value #MAX_AT_ONCE}
 * are made at once; one more is refused as overloaded.
 */
public final class SubscriptionsHandler implements HttpHandler {
    /** For each of which a handler has to be added; what stands in braces is not read, the path itself is. */
    public static final List<String> ROUTES = List.of(
            SubscriptionPath.ROOT,
            SubscriptionPath.ROOT + "/{subscriptions-topic}",
            SubscriptionPath.ROOT + "/{subscriptions-topic}/{subscriber}");

    private static final int MAX_AT_ONCE = 16;
    private static final String TYPE = "application/ld+json";
    private static final String EARLIEST = Cursor.EARLIEST;

    private final Viewers viewers;
    private final ActiveSubscriptions subscriptions;
    private final Log log;
    private final AtomicInteger atOnce = new AtomicInteger();

    public SubscriptionsHandler(Viewers viewers, ActiveSubscriptions subscriptions, Log log) {
        this.viewers = viewers;
        this.subscriptions = subscriptions;
        this.log = log;
    }

    /**
     * What is answered.
     *
     * @param tag of the state that it tells
     * @param json null: what the client has is as new
     */
    private record Answer(String tag, @Nullable String json) {}

    /**
     * When the list is as it is.
     *
     * @param tag changes with every announcement, and with every event of the tenant
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
        Requests.then(exchange, () -> viewers.of(exchange), found -> {
            Viewers.Viewer viewer = found.orElseThrow(() -> new CarillonException(
                    ErrorCode.TOKEN_MISSING, "a token that grants subscribing to this path must be given"));
            if (!viewer.maySubscribe().test(path)) {
                throw new CarillonException(
                        ErrorCode.NOT_GRANTED, "the token does not grant subscribing to " + Text.printable(path, 200));
            }
            SubscriptionPath wanted = SubscriptionPath.parse(path);
            String has = exchange.getRequestHeaders().getFirst(Headers.IF_NONE_MATCH);
            Requests.then(exchange, () -> answer(viewer.tenant(), wanted, has), answer -> send(exchange, answer));
        });
    }

    private CompletionStage<Answer> answer(Tenant tenant, SubscriptionPath wanted, @Nullable String has) {
        if (atOnce.incrementAndGet() > MAX_AT_ONCE) {
            atOnce.decrementAndGet();
            return CompletableFuture.failedFuture(
                    new OverloadedException("more than " + MAX_AT_ONCE + " ask for subscriptions"));
        }
        // First the place, then the list: who goes on from the place must not miss what is not in the list.
        return log.head(tenant)
                .thenCompose(head -> log.head(tenant.announcements())
                        .thenCompose(announced -> answer(tenant, wanted, has, State.of(head, announced))))
                .whenComplete((x, e) -> atOnce.decrementAndGet());
    }

    private CompletionStage<Answer> answer(Tenant tenant, SubscriptionPath wanted, @Nullable String has, State state) {
        String lastEventId = state.lastEventId();
        boolean asNew = !ETagUtils.handleIfNoneMatch(has, new ETag(false, state.tag()), true);
        if (wanted instanceof SubscriptionPath.One(String topic, String id)) {
            return subscriptions.find(tenant, id).thenApply(found -> {
                Subscriber subscriber = found.filter(one -> one.topics().contains(topic))
                        .orElseThrow(() -> SubscriptionPath.unknown(wanted.text()));
                return asNew
                        ? new Answer(state.tag(), null)
                        : answer(SubscriptionDocuments.one(subscriber, topic, lastEventId), state.tag());
            });
        }
        return asNew
                ? CompletableFuture.completedFuture(new Answer(state.tag(), null))
                : subscriptions
                        .list(tenant)
                        .thenApply(listing ->
                                answer(SubscriptionDocuments.collection(wanted, listing, lastEventId), state.tag()));
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
        // Until the client has taken it.
        MemoryBudget.Charge _ = RequestMemory.charge(exchange, MemoryBudget.Use.RESPONSES, bytes.length);
        exchange.getResponseSender().send(ByteBuffer.wrap(bytes));
    }

    /** As the position gives it: the broadcaster's own id of an event that is private to others must not be shown. */
    private static String lastEventId(Position head) {
        return head.sequence() == 0 ? EARLIEST : EventIds.of(head);
    }

    /** Still encoded, as selectors have to match it. */
    private static String path(HttpServerExchange exchange) {
        String uri = exchange.getRequestURI();
        if (!exchange.isHostIncludedInRequestURI()) {
            return uri;
        }
        int slash = uri.indexOf('/', uri.indexOf("://") + 3);
        return slash < 0 ? "/" : uri.substring(slash);
    }
}
