package dev.carillon.page;

import dev.carillon.extension.Cookie;
import dev.carillon.scope.Event;
import dev.carillon.scope.Scope;
import dev.carillon.scope.Selector;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A page that is being declared, for one context. Its parts are declared during the call that declares it, and later calls fail. What a running page uses may
 * be called at any time from its code, also before and after the end of the declaration: {@link #shared}, {@link #every}, {@link #join}, {@link #leave}, {@link
 * #broadcast}, {@link #script}, {@link #fill}, {@link #append} and {@link #remove}.
 *
 * <p>The code of a page is its actions, hooks, timers and handlers of events. It runs on virtual threads, for one context one after the other, each within
 * the time limit of actions, and its changes are sent together when it ends.
 */
public interface Page {
    /** A parameter of the path, decoded. */
    String path(String name);

    /**
     * A typed parameter of the path, such as {@code page.path("id", Integer::valueOf)}.
     *
     * @param read throws {@link IllegalArgumentException} for text that is not of the type; the page is then answered with 404
     */
    <T> T path(String name, Function<String, T> read);

    /** A parameter of the query, decoded; empty: it is not given. */
    Optional<String> parameter(String name);

    /**
     * A typed parameter of the query.
     *
     * @param type its rule; for text that breaks it the page is answered with 400
     */
    <T> Optional<T> parameter(String name, SignalType<T> type);

    /** A cookie of the request, that {@link #setCookie} has set; while the page is declared. */
    Optional<String> cookie(String name);

    /** Sets a cookie with the answer to the request; while the page is declared, and in actions. */
    void setCookie(Cookie cookie);

    /** A value of the browser's session, of all its tabs. */
    <T> Stored<T> session(SessionValue<T> value);

    /**
     * Gives the browser another session with the same values, as after signing in or out; in actions. When the action has ended without an error, a
     * cookie of the session before, that someone else may know, has no values any more. Other tabs of the browser are loaded again at their next action, or when a timer or handler of theirs
     * uses a value of the session; the action should end with {@link #redirect}.
     */
    void renewSession();

    /** An attribute of the request that middleware has set; while the page is declared, and in actions. */
    <T> Optional<T> attribute(RequestAttribute<T> attribute);

    /**
     * Leads the browser to another page when the request is answered; while the page is declared, and in actions. The page is then not shown.
     *
     * @param path of this application, such as {@code /login}; or a URL of an origin in {@code redirectOrigins}
     * @throws IllegalArgumentException for any other place
     */
    void redirect(String path);

    /**
     * Keeps the state of this page in memory only. Without this call it is saved before the answer to each action, and the page goes on at another node when
     * its own has ended.
     */
    void memoryOnly();

    /** Whether the page is declared again, with the state that another node had saved: its signals get their saved values after the declaration. */
    boolean isRevived();

    /**
     * A key of the action that runs now: the same when it is sent again, and another one for each other action. As an idempotency key for other systems, which may get the same
     * request twice.
     *
     * @throws IllegalStateException outside of actions
     */
    String actionId();

    /** Adds HTML to the head of this page. */
    void head(String html);

    /** URLs of pages and files. */
    Links links();

    /** Files that the browser may send with actions. */
    Upload upload(String name, UploadRule rule);

    /** All tabs that show this page with these path parameters. */
    Scope route();

    /** All tabs of the browser. */
    Scope session();

    /** All tabs of the user of the token; empty for anonymous clients. */
    Optional<Scope> user();

    /** Sets the title; default: the path. */
    void title(String text);

    /** A signal of this tab. */
    default <T> Signal<T> signal(String name, T initial) {
        return signal(name, initial, SignalType.ofValue(initial));
    }

    /** As {@link #signal(String, Object)}, of a given type. */
    <T> Signal<T> signal(String name, T initial, SignalType<T> type);

    /**
     * A signal of this tab that the browser may write: an action first sets it to the form field of this name, if that is sent. Other fields are
     * refused. See {@link #field}.
     */
    default <T> Signal<T> input(String name, T initial) {
        return input(name, initial, SignalType.ofValue(initial));
    }

    /** As {@link #input(String, Object)}, of a given type. */
    <T> Signal<T> input(String name, T initial, SignalType<T> type);

    /**
     * The attributes {@code form}, {@code name}, {@code id} and {@code value} of an {@code <input>} for a signal of {@link #input}; with Datastar {@code data-bind} in place
     * of the value.
     */
    static String field(Signal<?> input) {
        return input.field();
    }

    /**
     * A signal that all clients of a scope share, on all nodes. It lives for 30 days after its last write.
     *
     * @param initial its value before the first write, the same for all
     */
    default <T> Signal<T> shared(Scope scope, String name, T initial) {
        return shared(scope, name, initial, SignalType.ofValue(initial));
    }

    /** As {@link #shared(Scope, String, Object)}, of a given type. */
    <T> Signal<T> shared(Scope scope, String name, T initial, SignalType<T> type);

    /**
     * An action, which a button runs. The actions of a context run one at a time, each on a virtual thread and within a time limit.
     *
     * @param run may block. A {@link dev.carillon.base.CarillonException} is shown to the user with its message; any other exception is logged. The
     *     context continues in either case
     */
    Action action(String name, Runnable run);

    /** A view of this tab. It is rendered again when a signal that it has read changes. */
    void view(String name, Supplier<String> html);

    /**
     * A view that all clients of a scope see alike. After a change it is rendered once per node, for all of them.
     */
    void view(Scope scope, String name, Supplier<String> html);

    /**
     * An element of a view, whose id is that of the view, a dot and the name given. If nothing but blocks has changed when the view is rendered again, only the changed blocks are sent.
     *
     * @param name once in the view
     * @param html called at once; a block inside a block is only an element
     */
    String block(String name, Supplier<String> html);

    /**
     * A component: a part with names of its own, which may be on the page more than once. The names of its signals, shared signals, actions and views begin with that of the
     * component, as in {@code cart.count}; in its code and layout they are used without.
     *
     * @param build declares it on a page of its own, of the same context
     */
    void component(String name, Consumer<Page> build);

    /** Adds code that runs whenever the stream of the tab has opened. */
    void onConnect(Runnable run);

    /** Adds code that runs whenever the stream of the tab has ended; the tab may come back. */
    void onDisconnect(Runnable run);

    /**
     * Adds code that runs when the context has ended on its node: not when the page goes to another node, nor when the node stops or fails, except that a page
     * that is {@linkplain #memoryOnly() in memory only} ends when its node stops. A page that comes back later ends once more. The tab does not show what it changes.
     */
    void onClose(Runnable run);

    /**
     * Runs code again and again while the stream of the tab is open, first after one period. A period begins when the last run has ended.
     *
     * @param period from 100 ms to 1 day
     * @throws IllegalStateException when the page has 16 timers
     */
    PageTimer every(Duration period, Runnable run);

    /**
     * Runs longer work beside the page, on a virtual thread and without a time limit: actions go on meanwhile. The work must not change signals; the code that takes its
     * result may, as it runs in turn with the actions. When the context ends, or goes to another node, the work is interrupted and its result dropped: what
     * must happen even so is an {@link dev.carillon.app.App#job}. An exception of the work is logged.
     *
     * @throws IllegalStateException when 8 works of the page run
     */
    <T> void background(Callable<T> work, Consumer<T> then);

    /**
     * Adds a handler of the events of a scope, from whichever node they are broadcast. The page joins the scope.
     *
     * @param run receives each event that is broadcast while the context exists, in order. At most 128 wait; further ones are dropped, see {@link #onGap}
     */
    void on(Scope scope, Consumer<Event> run);

    /** Adds a handler of the events of all scopes that match a pattern and that the page is in: its tab, session, user and route, global, and those it has joined. */
    void on(Selector pattern, Consumer<Event> run);

    /** Adds code that runs when handlers may have missed events. */
    void onGap(Runnable run);

    /**
     * Joins a scope: its events reach the handlers that match it. Blocks until it is active, and does nothing when the page is in it.
     *
     * @throws IllegalStateException when the page has joined 100 scopes
     */
    void join(Scope scope);

    /** Leaves a scope that was joined. */
    void leave(Scope scope);

    /** The scopes that were joined. */
    Set<Scope> joined();

    /**
     * Broadcasts an event to a scope of the tenant: to handlers of pages and to all other subscribers. Blocks until it is in the log.
     *
     * @param type null: none
     * @throws dev.carillon.base.CarillonException {@code broker-unavailable}, {@code too-large}
     */
    void broadcast(Scope scope, @Nullable String type, String data);

    /** As {@link #broadcast(Scope, String, String)}, to the handlers of pages that are in a scope that matches a pattern, such as {@code topic:room/*}. Other subscribers do not receive it. */
    void broadcast(Selector pattern, @Nullable String type, String data);

    /**
     * Runs a script in the browser: the function that its file exports by default, after the changes of the code that calls it. Without an open stream
     * it waits for the next one; at most 64 patches wait, the latest. With a stream, when more than 64 wait for the end of the code, the first ones are sent
     * before its changes.
     *
     * @param name of a script of the application
     * @param arguments text, numbers, booleans, null, collections and maps
     * @throws IllegalArgumentException when the application has no such script, or an argument is of another type
     * @throws dev.carillon.base.CarillonException {@code too-large}
     */
    void script(String name, @Nullable Object... arguments);

    /** Sets the fields of inputs to the values that they have on the server, also those that the user has changed since. Waits as {@link #script}. */
    void fill(Signal<?>... inputs);

    /**
     * Adds HTML at the end of an element outside of all views, such as a list in the layout. It is not part of the state of the page: a reload does not show it. Waits as {@link #script}.
     *
     * @param id of the element
     */
    void append(String id, String html);

    /** As {@link #append}, at the begin of the element. */
    void prepend(String id, String html);

    /** Removes an element outside of all views. Waits as {@link #script}. */
    void remove(String id);

    /** Sets how the views make up the body; default: all views in the order of their declaration. */
    void layout(Function<Views, String> html);
}
