package dev.carillon.node;

import dev.carillon.auth.Grants;
import dev.carillon.broadcast.Broadcaster;
import dev.carillon.broker.Store;
import dev.carillon.delivery.EventHandler;
import dev.carillon.http.SessionData;
import dev.carillon.scope.Scope;
import dev.carillon.scope.Tenant;
import io.undertow.server.HttpServerExchange;
import io.undertow.server.RoutingHandler;
import java.util.Collection;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** What a node offers to an {@link Extension}. Thread-safe. */
public interface NodeServices {
    String nodeId();

    /**
     * Takes the application's own handlers, while the extension starts. They run on I/O threads and must dispatch before they
     * block; {@code HEAD} has to be added where it is wanted.
     */
    RoutingHandler routes();

    /**
     * Serves files of the class path, with {@code GET} and {@code HEAD}, while the extension starts. They are read once; the pages
     * may use scripts, styles and images of their own site alone, and name the node's Mercure hub where it is one.
     *
     * @param path of the request
     * @param near the class beside whose package the file is found, as in {@link Class#getResource}
     * @param file its name, whose ending tells the media type
     * @throws IllegalArgumentException when there is no such file, or its ending is not known
     */
    void file(String path, Class<?> near, String file);

    /** Has the node's start page name a page of the application, while the extension starts. An extension may also serve {@code /} itself. */
    void startPageLink(String path, String text);

    /** For broadcasts from Java. */
    Broadcaster broadcaster();

    /**
     * Hands the handler every event of the scopes that is broadcast anywhere in the cluster from now on, private ones too: each once, in
     * log order over all of the scopes. Any time, also while the extension starts.
     *
     * @param scopes one or more
     * @return completes when no later event is missed without notice; fails where the broker is away. Closing what it completes with ends
     *     the listening, but not a call that is under way; else the node ends it when it stops
     */
    CompletionStage<AutoCloseable> listen(Tenant tenant, Collection<Scope> scopes, EventHandler handler);

    /** For small values that the nodes of the cluster share. */
    Store store();

    /** For a small map of each session, by its handle. */
    SessionData sessionData();

    /**
     * The handle of the browser's session, by its cookie; a browser without one gets it with the answer, which must not have begun, and so
     * does one whose session is another user's.
     *
     * @param user of the request's token, as its grants say; null: none
     */
    String session(HttpServerExchange exchange, @Nullable String user);

    /** How many streams of this node are in a scope of a tenant. */
    int streams(Tenant tenant, Scope scope);

    /**
     * Goes on with the grants of the request's token, on its I/O thread; answers with a problem where the token is refused, or
     * where it came in a cookie by a page that may not change anything here.
     */
    void authorized(HttpServerExchange exchange, Consumer<Grants> next);

    /**
     * Goes on with the answer of a stage, such as one of the store's, on the request's I/O thread. A failure of it, and an exception
     * of what goes on, is answered with a problem.
     */
    <T> void then(HttpServerExchange exchange, Supplier<CompletionStage<T>> stage, Consumer<T> next);
}
