package dev.carillon.mercure;

import dev.carillon.auth.Grants;
import dev.carillon.base.CarillonException;
import dev.carillon.broadcast.Broadcaster;
import dev.carillon.broker.Log;
import dev.carillon.http.HttpConfig;
import dev.carillon.http.Origins;
import dev.carillon.http.Requests;
import dev.carillon.http.Streams;
import dev.carillon.scope.Event;
import dev.carillon.scope.Scope;
import dev.carillon.scope.TopicSelectors;
import io.undertow.server.HttpServerExchange;
import io.undertow.server.RoutingHandler;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/** The hub of a node: its handlers, wired to the rooms below. */
public final class MercureHub {
    public static final String PATH = Event.RESERVED_PATH;
    /** The header {@code Link} by which a page names the hub (Mercure, section "Discovery"; RFC 8288). */
    public static final String LINK = "<" + PATH + ">; rel=\"mercure\"";

    private final MercureConfig config;
    private final HttpConfig http;
    private final Below below;
    private final MercureTokens tokens;

    /**
     * What it stands on.
     *
     * @param log of updates
     * @param subscriptions null: nobody asks for them
     * @param accepting whether the node takes new streams
     */
    public record Below(
            Origins origins,
            Streams streams,
            Broadcaster broadcaster,
            Log log,
            @Nullable ActiveSubscriptions subscriptions,
            BooleanSupplier accepting,
            InstantSource clock) {}

    public MercureHub(MercureConfig config, HttpConfig http, Below below) {
        this.config = config;
        this.http = http;
        this.below = below;
        this.tokens = new MercureTokens(config, below.clock(), MercureHub::grants);
    }

    /** Adds its handlers; a method that has none is answered 405. */
    public void addTo(RoutingHandler routes) {
        ActiveSubscriptions subscriptions = below.subscriptions();
        routes.get(
                PATH,
                new SubscribeHandler(
                        tokens,
                        below.origins(),
                        below.streams(),
                        subscriptions == null
                                ? Subscribers.UNCOUNTED
                                : (token, query, address) -> enter(subscriptions, token, query, address),
                        below.accepting(),
                        new SubscribeHandler.Options(
                                http.compression(), config.strictStatus(), subscriptions != null)));
        if (config.publisher().isPresent()) {
            routes.post(PATH, new PublishHandler(tokens, below.broadcaster()));
        }
        if (config.ui()) {
            DebugPage.addTo(routes);
        }
        if (subscriptions != null) {
            SubscriptionsHandler handler = new SubscriptionsHandler(this::viewer, subscriptions, below.log());
            SubscriptionsHandler.ROUTES.forEach(route -> routes.get(route, handler));
        }
    }

    /** Whether a token was good for publishing when it was last verified, at most 10 minutes ago. */
    public boolean published(String token) {
        return tokens.published(token);
    }

    private static Runnable enter(
            ActiveSubscriptions subscriptions, MercureGrants token, TopicQuery query, long address) {
        Subscriber subscriber = Subscriber.of(token.grants().tenant(), query.selectors(), token.payload());
        CompletableFuture<Void> started =
                subscriptions.started(subscriber, address).toCompletableFuture();
        // What is refused is refused at once; all else is tried again while the subscriber is there.
        if (started.isCompletedExceptionally() && started.exceptionNow() instanceof CarillonException refused) {
            throw refused;
        }
        return () -> subscriptions.ended(subscriber);
    }

    /** Empty for a client without a token, or with one that no key verifies, also where anonymous subscribers are allowed. */
    private CompletionStage<Optional<Viewers.Viewer>> viewer(HttpServerExchange exchange) {
        if (config.subscriber().isEmpty()
                || Requests.token(exchange, config.cookie()).text() == null) {
            return CompletableFuture.completedFuture(Optional.empty());
        }
        return tokens.subscriber(exchange)
                .thenApply(token -> Optional.of(
                        new Viewers.Viewer(token.grants().tenant(), path -> mayRead(token.grants(), path))));
    }

    private static boolean mayRead(Grants grants, String path) {
        return path.length() <= Scope.MAX_NAME_BYTES && grants.mayReadAnyOf(List.of(Scope.topic(path)));
    }

    private static Grants grants(MercureClaim claim) {
        return new Grants(
                claim.tenant(),
                null,
                List.of(TopicSelectors.of(claim.subscribe())),
                List.of(TopicSelectors.of(claim.publish())),
                claim.expiresAt());
    }
}
