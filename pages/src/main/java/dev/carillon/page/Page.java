package dev.carillon.page;

import dev.carillon.extension.Cookie;
import dev.carillon.scope.Scope;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Supplier;

/** A page that is being declared, for one context. Valid only during the call that declares it. */
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
     * cookie of the session before, that someone else may know, has no values any more. Other tabs of the browser are loaded again at their next action, so the action should end with {@link
     * #redirect}.
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

    /** The attributes {@code form}, {@code name}, {@code id} and {@code value} of an {@code <input>} for a signal of {@link #input}. */
    static String field(Signal<?> input) {
        return "form=\"" + Action.FORM + "\" id=\"field-" + input.name() + "\" name=\"" + input.name() + "\" value=\""
                + input.text() + "\"";
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

    /** Sets how the views make up the body; default: all views in the order of their declaration. */
    void layout(Function<Views, String> html);
}
