package dev.carillon.node;

import dev.carillon.auth.Authorizer;
import dev.carillon.auth.Grants;
import dev.carillon.broadcast.Broadcaster;
import dev.carillon.broker.Interest;
import dev.carillon.broker.Store;
import dev.carillon.delivery.EventHandler;
import dev.carillon.delivery.Listeners;
import dev.carillon.feed.Feed;
import dev.carillon.http.Origins;
import dev.carillon.http.Requests;
import dev.carillon.http.SessionData;
import dev.carillon.http.Sessions;
import dev.carillon.http.StaticFile;
import dev.carillon.scope.Scope;
import dev.carillon.scope.Tenant;
import io.undertow.server.HttpServerExchange;
import io.undertow.server.RoutingHandler;
import io.undertow.util.Headers;
import java.util.Collection;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;
import java.util.function.Supplier;
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
        Authorizer authorizer,
        Sessions sessions,
        Origins origins,
        RoutingHandler routes,
        StartPage startPage,
        @Nullable String link)
        implements NodeServices {
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
    public String session(HttpServerExchange exchange, @Nullable String user) {
        Sessions.Session session = sessions.of(exchange, user);
        String setCookie = session.setCookie();
        if (setCookie != null) {
            exchange.getResponseHeaders().add(Headers.SET_COOKIE, setCookie);
        }
        return session.handle();
    }

    @Override
    public int streams(Tenant tenant, Scope scope) {
        return feed.holders(Interest.in(tenant, scope));
    }

    @Override
    public void authorized(HttpServerExchange exchange, Consumer<Grants> next) {
        Requests.authorized(exchange, authorizer, origins, next);
    }

    @Override
    public <T> void then(HttpServerExchange exchange, Supplier<CompletionStage<T>> stage, Consumer<T> next) {
        Requests.then(exchange, stage, next);
    }
}
