package dev.carillon.node;

import dev.carillon.base.Platform;
import dev.carillon.broadcast.Broadcaster;
import dev.carillon.broadcast.EventHandler;
import dev.carillon.broker.Health;
import dev.carillon.broker.Interest;
import dev.carillon.broker.Store;
import dev.carillon.extension.BodyHandler;
import dev.carillon.extension.BrowserSession;
import dev.carillon.extension.CallHandler;
import dev.carillon.extension.ClientContexts;
import dev.carillon.extension.Development;
import dev.carillon.extension.ExtensionContext;
import dev.carillon.extension.NodeLease;
import dev.carillon.extension.RequestHandler;
import dev.carillon.extension.StreamHandler;
import dev.carillon.extension.StreamedCallHandler;
import dev.carillon.http.Sessions;
import dev.carillon.http.StaticFile;
import dev.carillon.mercure.MercureHub;
import dev.carillon.scope.Event;
import dev.carillon.scope.Scope;
import dev.carillon.scope.Tenant;
import dev.carillon.session.SessionData;
import io.micrometer.core.instrument.MeterRegistry;
import io.undertow.server.HttpHandler;
import io.undertow.server.RoutingHandler;
import java.io.InputStream;
import java.util.Collection;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/** A node as its extensions see it. */
record NodeExtensionContext(
        NodeServices services,
        ExtensionRoutes extensions,
        ExtensionCalls calls,
        ExtensionDrains drains,
        ClientContexts contexts,
        Sessions sessions,
        RoutingHandler routes,
        StartPage startPage)
        implements ExtensionContext {
    @Override
    public String nodeId() {
        return services.config.nodeId;
    }

    @Override
    public long generation() {
        return services.registry.generation();
    }

    @Override
    public boolean isDraining() {
        return drains.isDraining();
    }

    @Override
    public void onDrain(Runnable run) {
        drains.add(run);
    }

    @Override
    public void onLeave(Runnable run) {
        drains.addLeaving(run);
    }

    @Override
    public CompletionStage<Optional<String>> callNode(String nodeId, long generation, String name, String body) {
        return calls.callNode(nodeId, generation, name, body);
    }

    @Override
    public Store store() {
        return services.broker.store();
    }

    @Override
    public Broadcaster broadcaster() {
        return services.broadcaster;
    }

    @Override
    public void file(String path, Class<?> near, String file) {
        StaticFile read = readFile(near, file);
        // While an application is developed, its files change.
        routes.get(
                path,
                development().isEmpty()
                        ? read
                        : exchange ->
                                exchange.dispatch(services.platform.threads().each("carillon-file"), (HttpHandler)
                                        reading -> readFile(near, file).handleRequest(reading)));
    }

    private StaticFile readFile(Class<?> near, String file) {
        String base = basePath();
        return StaticFile.of(near, file)
                .under(base)
                .linking(services.config.mercure().on() ? MercureHub.link(base) : null);
    }

    @Override
    public Optional<Development> development() {
        return services.development;
    }

    @Override
    public void startPageLink(String path, String text) {
        startPage.link(path, text);
    }

    @Override
    public CompletionStage<AutoCloseable> listen(Tenant tenant, Collection<Scope> scopes, EventHandler handler) {
        return services.listeners.listen(tenant, scopes, handler);
    }

    @Override
    public SessionData sessionData() {
        return new SessionData(store());
    }

    @Override
    public void deliverHere(Event event) {
        services.fanOut.deliverToScopes(event);
    }

    @Override
    public Health health() {
        return services.broker.health();
    }

    @Override
    public MeterRegistry metrics() {
        return services.metrics.registry;
    }

    @Override
    public Platform platform() {
        return services.platform;
    }

    @Override
    public void onCall(String name, CallHandler handler) {
        calls.add(name, handler);
    }

    @Override
    public CompletionStage<Optional<String>> callOwner(Tenant tenant, String context, String name, String body) {
        return calls.callOwner(tenant, context, name, body);
    }

    @Override
    public void onStreamedCall(String name, StreamedCallHandler handler) {
        calls.addStreamed(name, handler);
    }

    @Override
    public Optional<String> streamToOwner(Tenant tenant, String context, String name, String head, InputStream body) {
        return calls.streamToOwner(tenant, context, name, head, body);
    }

    @Override
    public NodeLease lease(String name, Runnable onAcquire) {
        return ExtensionLease.open(services, name, onAcquire);
    }

    @Override
    public int streams(Tenant tenant, Scope scope) {
        return services.feed.referenceCount(Interest.in(tenant, scope));
    }

    @Override
    public void route(String method, String path, RequestHandler handler) {
        extensions.route(method, path, handler);
    }

    @Override
    public void postStreamed(String path, BodyHandler handler) {
        extensions.postStreamed(path, handler);
    }

    @Override
    public void notFound(String prefix, RequestHandler handler) {
        extensions.notFound(prefix, handler);
    }

    @Override
    public BrowserSession newSession(@Nullable String user) {
        Sessions.Session session = sessions.start(user);
        return new BrowserSession(session.handle(), Objects.requireNonNull(session.setCookie()));
    }

    @Override
    public String basePath() {
        return services.config.http.site().basePath();
    }

    @Override
    public List<String> frameAncestors() {
        return services.config.http.site().frameAncestors();
    }

    @Override
    public void stream(String path, StreamHandler handler) {
        extensions.stream(path, handler);
    }
}
