package dev.carillon.lab.sticky;

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
import dev.carillon.extension.NodeLease;
import dev.carillon.extension.RequestHandler;
import dev.carillon.extension.StreamHandler;
import dev.carillon.extension.StreamedCallHandler;
import dev.carillon.scope.Event;
import dev.carillon.scope.Scope;
import dev.carillon.scope.Tenant;
import dev.carillon.session.SessionData;
import io.micrometer.core.instrument.MeterRegistry;
import java.io.InputStream;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/** A node that knows the owner of no context: it passes no action on. */
record SeparateNode(ExtensionContext node) implements ExtensionContext {
    @Override
    public String nodeId() {
        return node.nodeId();
    }

    @Override
    public void route(String method, String path, RequestHandler handler) {
        node.route(method, path, handler);
    }

    @Override
    public void postStreamed(String path, BodyHandler handler) {
        node.postStreamed(path, handler);
    }

    @Override
    public void notFound(String prefix, RequestHandler handler) {
        node.notFound(prefix, handler);
    }

    @Override
    public void stream(String path, StreamHandler handler) {
        node.stream(path, handler);
    }

    @Override
    public void file(String path, Class<?> near, String file) {
        node.file(path, near, file);
    }

    @Override
    public void startPageLink(String path, String text) {
        node.startPageLink(path, text);
    }

    @Override
    public Broadcaster broadcaster() {
        return node.broadcaster();
    }

    @Override
    public CompletionStage<AutoCloseable> listen(Tenant tenant, Collection<Scope> scopes, EventHandler handler) {
        return node.listen(tenant, scopes, handler);
    }

    @Override
    public Store store() {
        return node.store();
    }

    @Override
    public SessionData sessionData() {
        return node.sessionData();
    }

    @Override
    public void deliverHere(Event event) {
        node.deliverHere(event);
    }

    @Override
    public String basePath() {
        return node.basePath();
    }

    @Override
    public List<String> frameAncestors() {
        return node.frameAncestors();
    }

    @Override
    public BrowserSession newSession(@Nullable String user) {
        return node.newSession(user);
    }

    @Override
    public ClientContexts contexts() {
        return node.contexts();
    }

    @Override
    public Health health() {
        return node.health();
    }

    @Override
    public MeterRegistry metrics() {
        return node.metrics();
    }

    @Override
    public Platform platform() {
        return node.platform();
    }

    @Override
    public void onCall(String name, CallHandler handler) {
        node.onCall(name, handler);
    }

    @Override
    public CompletionStage<Optional<String>> callOwner(Tenant tenant, String context, String name, String body) {
        return CompletableFuture.completedFuture(Optional.empty());
    }

    @Override
    public CompletionStage<Optional<String>> callNode(String nodeId, long generation, String name, String body) {
        return CompletableFuture.completedFuture(Optional.empty());
    }

    @Override
    public void onStreamedCall(String name, StreamedCallHandler handler) {
        node.onStreamedCall(name, handler);
    }

    @Override
    public Optional<String> streamToOwner(Tenant tenant, String context, String name, String head, InputStream body) {
        return Optional.empty();
    }

    @Override
    public long generation() {
        return node.generation();
    }

    @Override
    public boolean isDraining() {
        return node.isDraining();
    }

    @Override
    public void onDrain(Runnable code) {
        node.onDrain(code);
    }

    @Override
    public void onLeave(Runnable code) {
        node.onLeave(code);
    }

    @Override
    public NodeLease lease(String name, Runnable onAcquire) {
        return node.lease(name, onAcquire);
    }

    @Override
    public int streams(Tenant tenant, Scope scope) {
        return node.streams(tenant, scope);
    }
}
