package dev.carillon.node;

import dev.carillon.broadcast.Broadcaster;
import dev.carillon.broadcast.EventHandler;
import dev.carillon.broker.Interest;
import dev.carillon.broker.Store;
import dev.carillon.delivery.Listeners;
import dev.carillon.extension.ExtensionContext;
import dev.carillon.extension.RequestHandler;
import dev.carillon.extension.StreamHandler;
import dev.carillon.feed.Feed;
import dev.carillon.http.StaticFile;
import dev.carillon.scope.Scope;
import dev.carillon.scope.Tenant;
import dev.carillon.session.SessionData;
import io.undertow.server.RoutingHandler;
import java.util.Collection;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/**
 * The parts of a node as an extension sees them.
 *
 * @param link the header of this name of every page; null: none
 */
record Services(
        String nodeId,
        Store store,
        Broadcaster broadcaster,
        Listeners listeners,
        Feed feed,
        ExtensionRoutes extensions,
        RoutingHandler routes,
        StartPage startPage,
        @Nullable String link)
        implements ExtensionContext {
    @Override
    public void file(String path, Class<?> near, String file) {
        routes.get(path, StaticFile.of(near, file).linking(link));
    }

    @Override
    public void startPageLink(String path, String text) {
        startPage.link(path, text);
    }

    @Override
    public CompletionStage<AutoCloseable> listen(Tenant tenant, Collection<Scope> scopes, EventHandler handler) {
        return listeners.listen(tenant, scopes, handler);
    }

    @Override
    public SessionData sessionData() {
        return new SessionData(store);
    }

    @Override
    public int streams(Tenant tenant, Scope scope) {
        return feed.referenceCount(Interest.in(tenant, scope));
    }

    @Override
    public void route(String method, String path, RequestHandler handler) {
        extensions.route(method, path, handler);
    }

    @Override
    public void stream(String path, StreamHandler handler) {
        extensions.stream(path, handler);
    }
}
