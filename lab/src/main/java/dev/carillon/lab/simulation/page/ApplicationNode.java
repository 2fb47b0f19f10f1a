package dev.carillon.lab.simulation.page;

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
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/** A node as its application sees it. What the simulated application does not use fails. */
final class ApplicationNode implements ExtensionContext {
    private final PageNode node;
    private final ClientContexts contexts;
    private final Map<String, RequestHandler> pages = new HashMap<>();
    private final Map<String, BodyHandler> posts = new HashMap<>();
    private final Map<String, CallHandler> calls = new HashMap<>();
    private final List<Runnable> onDrain = new ArrayList<>();
    private final List<Runnable> onLeave = new ArrayList<>();

    ApplicationNode(PageNode node) {
        this.node = node;
        this.contexts = new NodeContexts(node.contexts());
    }

    private static UnsupportedOperationException notSimulated(String part) {
        return new UnsupportedOperationException(part + ": not simulated");
    }

    RequestHandler page(String path) {
        return Objects.requireNonNull(pages.get(path), path);
    }

    BodyHandler post(String path) {
        return Objects.requireNonNull(posts.get(path), path);
    }

    @Nullable
    CallHandler call(String name) {
        return calls.get(name);
    }

    List<Runnable> onDrain() {
        return List.copyOf(onDrain);
    }

    List<Runnable> onLeave() {
        return List.copyOf(onLeave);
    }

    @Override
    public String nodeId() {
        return node.host().name();
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
    public void onDrain(Runnable run) {
        onDrain.add(run);
    }

    @Override
    public void onLeave(Runnable run) {
        onLeave.add(run);
    }

    @Override
    public void route(String method, String path, RequestHandler handler) {
        pages.put(path, handler);
    }

    @Override
    public void postStreamed(String path, BodyHandler handler) {
        posts.put(path, handler);
    }

    @Override
    public void notFound(String prefix, RequestHandler handler) {
        throw notSimulated("the page for unknown paths");
    }

    /** Tabs open no stream. */
    @Override
    public void stream(String path, StreamHandler handler) {
        // Nothing calls it.
    }

    @Override
    public void file(String path, Class<?> near, String file) {
        throw notSimulated("files");
    }

    @Override
    public void startPageLink(String path, String text) {
        throw notSimulated("the start page");
    }

    @Override
    public Broadcaster broadcaster() {
        return node.broadcaster();
    }

    @Override
    public CompletionStage<AutoCloseable> listen(Tenant tenant, Collection<Scope> scopes, EventHandler handler) {
        throw notSimulated("handlers of events");
    }

    @Override
    public Store store() {
        return node.link().store();
    }

    @Override
    public SessionData sessionData() {
        return new SessionData(store());
    }

    /** No tab has a stream. */
    @Override
    public void deliverHere(Event event) {
        // Nobody receives it.
    }

    @Override
    public String basePath() {
        return "";
    }

    @Override
    public List<String> frameAncestors() {
        return List.of();
    }

    @Override
    public BrowserSession newSession(@Nullable String user) {
        throw notSimulated("new sessions");
    }

    @Override
    public ClientContexts contexts() {
        return contexts;
    }

    @Override
    public Health health() {
        return node.link().health();
    }

    @Override
    public MeterRegistry metrics() {
        return node.metrics();
    }

    @Override
    public Platform platform() {
        return node.host().platform();
    }

    @Override
    public void onCall(String name, CallHandler handler) {
        calls.put(name, handler);
    }

    @Override
    public CompletionStage<Optional<String>> callOwner(Tenant tenant, String context, String name, String body) {
        return node.callOwner(tenant, context, name, body);
    }

    @Override
    public CompletionStage<Optional<String>> callNode(String nodeId, long generation, String name, String body) {
        return node.callNode(nodeId, generation, name, body);
    }

    @Override
    public NodeLease lease(String name, Runnable onAcquire) {
        return node.lease(name, onAcquire);
    }

    @Override
    public void onStreamedCall(String name, StreamedCallHandler handler) {
        // No form has files.
    }

    @Override
    public Optional<String> streamToOwner(Tenant tenant, String context, String name, String head, InputStream body) {
        throw notSimulated("files");
    }

    @Override
    public int streams(Tenant tenant, Scope scope) {
        return 0;
    }
}
