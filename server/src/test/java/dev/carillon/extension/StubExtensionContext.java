package dev.carillon.extension;

import dev.carillon.base.Platform;
import dev.carillon.broadcast.Broadcaster;
import dev.carillon.broadcast.EventHandler;
import dev.carillon.broker.Health;
import dev.carillon.broker.Store;
import dev.carillon.scope.Event;
import dev.carillon.scope.Scope;
import dev.carillon.scope.Tenant;
import dev.carillon.session.SessionData;
import io.micrometer.core.instrument.MeterRegistry;
import java.io.InputStream;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/** A node for tests that use a part of it: everything fails that a subclass does not offer. */
public class StubExtensionContext implements ExtensionContext {
    @Override
    public CompletionStage<AutoCloseable> listen(Tenant tenant, Collection<Scope> scopes, EventHandler handler) {
        throw new UnsupportedOperationException();
    }

    @Override
    public String nodeId() {
        throw new UnsupportedOperationException();
    }

    @Override
    public long generation() {
        throw new UnsupportedOperationException();
    }

    @Override
    public boolean isDraining() {
        throw new UnsupportedOperationException();
    }

    @Override
    public void onDrain(Runnable run) {
        throw new UnsupportedOperationException();
    }

    @Override
    public void onLeave(Runnable run) {
        throw new UnsupportedOperationException();
    }

    @Override
    public CompletionStage<Optional<String>> callNode(String nodeId, long generation, String name, String body) {
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
    public void onStreamedCall(String name, StreamedCallHandler handler) {
        throw new UnsupportedOperationException();
    }

    @Override
    public Optional<String> streamToOwner(Tenant tenant, String context, String name, String head, InputStream body) {
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
    public NodeLease lease(String name, Runnable onAcquire) {
        throw new UnsupportedOperationException();
    }

    @Override
    public int streams(Tenant tenant, Scope scope) {
        throw new UnsupportedOperationException();
    }
}
