package dev.carillon.extension;

import dev.carillon.broadcast.Broadcaster;
import dev.carillon.broadcast.EventHandler;
import dev.carillon.broker.Store;
import dev.carillon.scope.Scope;
import dev.carillon.scope.Tenant;
import dev.carillon.session.SessionData;
import java.util.Collection;
import java.util.concurrent.CompletionStage;

/** What a node offers to an {@link Extension}. Thread-safe. Routes, files and links are added while the extension starts. */
public interface ExtensionContext {
    String nodeId();

    /**
     * Adds a request handler. {@code GET} answers {@code HEAD}, too. A method that no handler of the path takes is answered 405.
     *
     * @param method in capitals, such as {@code POST}
     * @param path of the request; {@code {name}} in place of a segment is a parameter of it
     */
    void route(String method, String path, RequestHandler handler);

    /** As {@link #route}, for {@code GET}. */
    default void get(String path, RequestHandler handler) {
        route("GET", path, handler);
    }

    /** As {@link #route}, for {@code POST}. */
    default void post(String path, RequestHandler handler) {
        route("POST", path, handler);
    }

    /**
     * Adds an event stream at {@code GET path}. Each of its connections has a context, its own tab and session, the token's user, and the global and
     * system scopes, as those of {@code /events} have, and the scopes that the handler names. It takes {@code context} and {@code lastEventID}
     * as {@code /events} does.
     */
    void stream(String path, StreamHandler handler);

    /**
     * Serves files of the class path, with {@code GET} and {@code HEAD}. They are read once; the pages may use scripts, styles and images of
     * their own site alone, and name the node's Mercure hub where it is one.
     *
     * @param path of the request
     * @param near the class beside whose package the file is found, as in {@link Class#getResource}
     * @param file its name, whose ending tells the media type
     * @throws IllegalArgumentException when there is no such file, or its ending is not known
     */
    void file(String path, Class<?> near, String file);

    /** Has the node's start page name a page of the application. An extension may also serve {@code /} itself. */
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

    /** How many streams of this node are in a scope of a tenant. */
    int streams(Tenant tenant, Scope scope);
}
