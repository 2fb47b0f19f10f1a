package dev.carillon.mercure;

import dev.carillon.auth.Grants;
import dev.carillon.base.CarillonException;
import dev.carillon.base.Key;
import dev.carillon.base.Platform;
import dev.carillon.broadcast.Broadcaster;
import dev.carillon.broker.Broker;
import dev.carillon.cluster.NodeRegistry;
import dev.carillon.http.Endpoint;
import dev.carillon.http.HttpConfig;
import dev.carillon.http.Origins;
import dev.carillon.http.Requests;
import dev.carillon.scope.Event;
import dev.carillon.scope.Scope;
import dev.carillon.subscriptions.ActiveSubscriptions;
import dev.carillon.subscriptions.Subscriber;
import dev.carillon.template.TopicSelectors;
import dev.carillon.transport.Streams;
import io.micrometer.core.instrument.MeterRegistry;
import io.undertow.server.HttpServerExchange;
import io.undertow.server.RoutingHandler;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** The Mercure hub of a node: creates its handlers and connects them with the packages below. */
public final class MercureHub implements Endpoint {
    public static final String PATH = Event.RESERVED_PATH;

    /** Settings of the hub. */
    public static final List<Key<?>> KEYS = MercureKeys.ALL;

    private final MercureConfig config;
    private final HttpConfig http;
    private final Dependencies dependencies;
    private final MercureTokens tokens;
    /** Null: the setting is off. */
    private final @Nullable ActiveSubscriptions subscriptions;

    /**
     * The parts of the node that the hub uses.
     *
     * @param accepting whether the node accepts new streams
     */
    public record Dependencies(
            String nodeId,
            Origins origins,
            Streams streams,
            Consumer<Grants> check,
            Broadcaster broadcaster,
            Broker broker,
            NodeRegistry registry,
            BooleanSupplier accepting,
            MeterRegistry metrics,
            Platform platform) {}

    public MercureHub(MercureConfig config, HttpConfig http, Dependencies dependencies) {
        this.config = config;
        this.http = http;
        this.dependencies = dependencies;
        this.tokens = new MercureTokens(
                config, dependencies.metrics(), dependencies.platform(), MercureHub::grants, dependencies.check());
        this.subscriptions = config.subscriptions() ? subscriptions(dependencies) : null;
    }

    /**
     * Value of the header {@code Link} with which a page refers to the hub (Mercure, section "Discovery"; RFC 8288).
     *
     * @param base the base path of the node
     */
    public static String link(String base) {
        return "<" + base + PATH + ">; rel=\"mercure\"";
    }

    private static ActiveSubscriptions subscriptions(Dependencies dependencies) {
        NodeRegistry registry = dependencies.registry();
        Broker broker = dependencies.broker();
        ActiveSubscriptions active = new ActiveSubscriptions(
                broker,
                new ActiveSubscriptions.Membership(dependencies.nodeId(), registry.generation(), registry),
                new SubscriptionAnnouncements(broker.channel()),
                dependencies.platform());
        registry.listen(active::check);
        return active;
    }

    @Override
    public void addTo(RoutingHandler routes) {
        ActiveSubscriptions active = subscriptions;
        routes.get(
                PATH,
                new SubscribeHandler(
                        tokens,
                        dependencies.origins(),
                        dependencies.streams(),
                        active == null
                                ? SubscriberRegistrar.NONE
                                : (token, query, address) -> register(active, token, query, address),
                        dependencies.accepting(),
                        new SubscribeHandler.Options(http.compression(), config.strictStatus(), active != null)));
        if (config.publisher().isPresent()) {
            routes.post(PATH, new PublishHandler(tokens, dependencies.broadcaster()));
        }
        if (config.ui()) {
            DebugPage.addTo(routes, http.site().basePath());
        }
        if (active != null) {
            SubscriptionsHandler handler = new SubscriptionsHandler(
                    this::reader, active, dependencies.broker().log());
            SubscriptionsHandler.ROUTES.forEach(route -> routes.get(route, handler));
        }
    }

    @Override
    public Set<String> streamPaths() {
        return Set.of(PATH);
    }

    @Override
    public boolean isTrustedPublisher(HttpServerExchange exchange, String token) {
        return exchange.getRequestPath().equals(PATH) && tokens.published(token);
    }

    @Override
    public void tick() {
        if (subscriptions != null) {
            subscriptions.tick();
        }
    }

    @Override
    public void close() {
        if (subscriptions != null) {
            subscriptions.close();
        }
    }

    private Runnable register(ActiveSubscriptions subscriptions, MercureGrants token, TopicQuery query, long address) {
        Subscriber subscriber = Subscriber.of(
                dependencies.platform().secureRandom(), token.grants().tenant(), query.selectors(), token.payload());
        CompletableFuture<Void> started =
                subscriptions.started(subscriber, address).toCompletableFuture();
        // A refusal is known at once; other failures are retried while the subscriber is connected.
        if (started.isCompletedExceptionally() && started.exceptionNow() instanceof CarillonException refused) {
            throw refused;
        }
        return () -> subscriptions.ended(subscriber);
    }

    /** Returns empty without a token and without a subscriber key, even when anonymous subscribers are allowed. */
    private CompletionStage<Optional<SubscriptionReaders.Reader>> reader(HttpServerExchange exchange) {
        if (config.subscriber().isEmpty()
                || Requests.token(exchange, config.cookie()).text() == null) {
            return CompletableFuture.completedFuture(Optional.empty());
        }
        return tokens.subscriber(exchange)
                .thenApply(token -> Optional.of(new SubscriptionReaders.Reader(
                        token.grants().tenant(), path -> mayRead(token.grants(), path))));
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
                claim.expiresAt(),
                claim.token());
    }
}
