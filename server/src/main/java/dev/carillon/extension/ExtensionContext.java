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

/** The node as an {@link Extension} sees it. Thread-safe. Routes, files and links are added while the extension starts. */
public interface ExtensionContext {
    String nodeId();

    /** Number of this start of the node: larger than that of each earlier start with the same id. */
    long generation();

    /** Whether the node drains or has stopped. */
    boolean isDraining();

    /** Adds code that runs when the node begins to drain, on a virtual thread; not if the node stops without a drain. */
    void onDrain(Runnable run);

    /**
     * Adds code that runs on a virtual thread when the node stops, before it leaves the cluster: other nodes can still call this one. The node waits for
     * it, for four seconds at most.
     */
    void onLeave(Runnable run);

    /**
     * Adds a request handler. A {@code GET} handler also answers {@code HEAD}. Other methods on the path are answered with 405.
     *
     * @param method in capitals, such as {@code POST}
     * @param path of the request; a segment {@code {name}} is a path parameter
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
     * Adds a handler for {@code POST} whose body is read as it arrives, and may be larger than {@link Request#MAX_BODY_BYTES}. The body may take the
     * time of {@code body-timeout} and one second for each 16 KiB, without a pause of {@code body-timeout}. At most 64 bodies that are larger than {@link
     * Request#MAX_BODY_BYTES} or of unknown size are received at a time; further ones are refused with {@code overloaded}, and those beyond 8 of one
     * client address with {@code too-many-requests}. The handler of any other body is called when the whole body is there.
     */
    void postStreamed(String path, BodyHandler handler);

    /**
     * Answers {@code GET} requests for unknown paths from clients that accept HTML. The handler of the longest prefix answers.
     *
     * @param prefix a path such as {@code /shop}, for itself and all paths below; empty: for all paths
     */
    void notFound(String prefix, RequestHandler handler);

    /**
     * Adds an event stream at {@code GET path}. Each connection has a context and receives the scopes of {@code /events} (its own tab and
     * session, the user of the token, global and system) and the scopes that the handler names. The stream accepts {@code context} and {@code
     * lastEventID} as {@code /events} does.
     */
    void stream(String path, StreamHandler handler);

    /**
     * Serves a file of the class path, for {@code GET} and {@code HEAD}. The file is read once. Pages may use only scripts, styles and images of
     * their own site, and have a {@code Link} header to the Mercure hub of the node if there is one.
     *
     * @param path of the request
     * @param near class in whose package the file is, as in {@link Class#getResource}
     * @param file name of the file; its extension determines the media type
     * @throws IllegalArgumentException when the file does not exist or its extension is unknown
     */
    void file(String path, Class<?> near, String file);

    /** Adds a link to the start page of the node. An extension may instead serve {@code /} itself. */
    void startPageLink(String path, String text);

    /** For broadcasts from Java. */
    Broadcaster broadcaster();

    /**
     * Calls the handler for every event of the scopes that is broadcast in the cluster from now on, private events included: each once, in log
     * order over all scopes. May be called at any time, also while the extension starts.
     *
     * @param scopes one or more
     * @return completes when the handler receives every later event or a notice of its loss; fails while the broker is unavailable. Closing the
     *     result ends the registration but not a call in progress; the node closes it when it stops
     */
    CompletionStage<AutoCloseable> listen(Tenant tenant, Collection<Scope> scopes, EventHandler handler);

    /** A store for small values that the nodes of the cluster share. */
    Store store();

    /** A small map for each session, by the handle of the session. */
    SessionData sessionData();

    /**
     * Delivers an event to the clients of this node alone that are in one of its scopes themselves; not to those that subscribed by a template, such as
     * {@code *} at the Mercure hub. It is in no log and has no id, and a client that reconnects does not receive it again. Events of one caller
     * arrive in the order of the calls, and none is left out: a client that cannot keep up is disconnected.
     */
    void deliverHere(Event event);

    /** Prefix of all paths of the node in URLs, such as {@code /myapp}; empty: none. Handlers receive paths without it. */
    String basePath();

    /** Origins whose pages may show pages of this node in frames. */
    List<String> frameAncestors();

    /**
     * A new session for a browser, in place of the one that it has, as after signing in or out.
     *
     * @param user of the token of the browser; null: it has none
     */
    BrowserSession newSession(@Nullable String user);

    /** Contexts that wait for their first stream. */
    ClientContexts contexts();

    /** The link to the broker. */
    Health health();

    /** The metrics that the admin port serves. */
    MeterRegistry metrics();

    /** Clocks, randomness and threads of the node. */
    Platform platform();

    /**
     * Adds a handler for calls of the extensions of other nodes.
     *
     * @param name 1 to 64 of {@code a–z}, {@code 0–9}, {@code -} and {@code /}
     */
    void onCall(String name, CallHandler handler);

    /**
     * Calls the handler of this name on the node that owns a context. A call is never repeated: if it fails with {@code node-unreachable}, its effect
     * is unknown.
     *
     * @return the answer; empty when no other node is known to own the context. Fails with the code of the handler, or with {@code
     *     node-unreachable}, {@code call-refused} or {@code overloaded}
     */
    CompletionStage<Optional<String>> callOwner(Tenant tenant, String context, String name, String body);

    /**
     * Calls the handler of this name on another node. A call is never repeated, as at {@link #callOwner}.
     *
     * @param generation of the node
     * @return the answer; empty when no living node has this id and generation, or it is this node. Fails as {@link #callOwner}
     */
    CompletionStage<Optional<String>> callNode(String nodeId, long generation, String name, String body);

    /**
     * Takes part in a lease of the cluster, for work that one node at a time does.
     *
     * @param name 1 to 1,024 bytes of UTF-8 without control characters, the same on every node
     * @param onAcquire called when this node has acquired it; must not block
     * @throws IllegalStateException when this node takes part in a lease of this name already, or in 256
     */
    NodeLease lease(String name, Runnable onAcquire);

    /**
     * Adds a handler for calls of the extensions of other nodes with streamed bodies; at most 64 run at a time.
     *
     * @param name as for {@link #onCall}
     */
    void onStreamedCall(String name, StreamedCallHandler handler);

    /**
     * As {@link #callOwner}, with a body that is sent as it arrives; the memory that it takes does not depend on its size. Blocks until the answer is there. At
     * most 64 such calls are open at a time, and a node that takes nothing for 10 seconds counts as unreachable.
     *
     * @param head at most {@link StreamedCallHandler#MAX_HEAD_BYTES}
     * @param body if a read fails with a {@link dev.carillon.base.CarillonException}, so does the call
     * @return the answer; empty when no other node is known to own the context
     * @throws dev.carillon.base.CarillonException as {@link #callOwner}
     */
    Optional<String> streamToOwner(Tenant tenant, String context, String name, String head, InputStream body);

    /** The number of streams of this node in a scope of a tenant. */
    int streams(Tenant tenant, Scope scope);

    /** Reloads of the application; empty unless the mode of the node is {@code development}. */
    default Optional<Development> development() {
        return Optional.empty();
    }
}
