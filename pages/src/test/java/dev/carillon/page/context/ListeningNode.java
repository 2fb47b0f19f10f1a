package dev.carillon.page.context;

import dev.carillon.base.Platform;
import dev.carillon.broadcast.Broadcaster;
import dev.carillon.broadcast.EventHandler;
import dev.carillon.broker.Health;
import dev.carillon.broker.Store;
import dev.carillon.extension.BodyHandler;
import dev.carillon.extension.BrowserSession;
import dev.carillon.extension.CallHandler;
import dev.carillon.extension.ClientContexts;
import dev.carillon.extension.ExtensionContext;
import dev.carillon.extension.RequestHandler;
import dev.carillon.extension.StreamHandler;
import dev.carillon.scope.Event;
import dev.carillon.scope.Scope;
import dev.carillon.scope.Tenant;
import dev.carillon.session.SessionData;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** A node whose subscriptions are open at once, and that does nothing else. */
final class ListeningNode implements ExtensionContext {
    private Consumer<Scope> listener = scope -> {};

    /** @param action called before a subscription is open */
    void onListen(Consumer<Scope> action) {
        listener = action;
    }

    @Override
    public CompletionStage<AutoCloseable> listen(Tenant tenant, Collection<Scope> scopes, EventHandler handler) {
        scopes.forEach(listener);
        return CompletableFuture.completedFuture(() -> {});
    }

    @Override
    public String nodeId() {
        throw new UnsupportedOperationException();
    }

    @Override
    public void route(String method, String path, RequestHandler handler) {
        throw new UnsupportedOperationException();
    }

    @Override
    public void postStreamed(String path, BodyHandler handler) {
        throw new UnsupportedOperationException();
    }

    @Override
    public void notFound(String prefix, RequestHandler handler) {
        throw new UnsupportedOperationException();
    }

    @Override
    public String basePath() {
        throw new UnsupportedOperationException();
    }

    @Override
    public List<String> frameAncestors() {
        throw new UnsupportedOperationException();
    }

    @Override
    public BrowserSession newSession(@Nullable String user) {
        throw new UnsupportedOperationException();
    }

    @Override
    public void stream(String path, StreamHandler handler) {
        throw new UnsupportedOperationException();
    }

    @Override
    public void file(String path, Class<?> near, String file) {
        throw new UnsupportedOperationException();
    }

    @Override
    public void startPageLink(String path, String text) {
        throw new UnsupportedOperationException();
    }

    @Override
    public Broadcaster broadcaster() {
        throw new UnsupportedOperationException();
    }

    @Override
    public Store store() {
        throw new UnsupportedOperationException();
    }

    @Override
    public SessionData sessionData() {
        throw new UnsupportedOperationException();
    }

    @Override
    public void deliverHere(Event event) {
        throw new UnsupportedOperationException();
    }

    @Override
    public ClientContexts contexts() {
        throw new UnsupportedOperationException();
    }

    @Override
    public Health health() {
        throw new UnsupportedOperationException();
    }

    @Override
    public MeterRegistry metrics() {
        throw new UnsupportedOperationException();
    }

    @Override
    public Platform platform() {
        throw new UnsupportedOperationException();
    }

    @Override
    public void onCall(String name, CallHandler handler) {
        throw new UnsupportedOperationException();
    }

    @Override
    public CompletionStage<Optional<String>> callOwner(Tenant tenant, String context, String name, String body) {
        throw new UnsupportedOperationException();
    }

    @Override
    public int streams(Tenant tenant, Scope scope) {
        throw new UnsupportedOperationException();
    }
}
