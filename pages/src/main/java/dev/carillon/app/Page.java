package dev.carillon.app;

import dev.carillon.base.CarillonException;
import dev.carillon.base.ErrorCode;
import dev.carillon.scope.Scope;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Supplier;

/** A page that is being declared, for one context. Valid only during the call that declares it. */
public final class Page {
    private final PageContext context;
    private final Map<String, String> parameters;
    private final String actionUrl;
    private boolean declared;

    Page(PageContext context, Map<String, String> parameters, String actionUrl) {
        this.context = context;
        this.parameters = parameters;
        this.actionUrl = actionUrl;
    }

    void end() {
        declared = true;
    }

    private void requireOpen() {
        if (declared) {
            throw new IllegalStateException("a page declares its parts only while it is built");
        }
    }

    /** A parameter of the path, decoded. */
    public String path(String name) {
        String value = parameters.get(name);
        if (value == null) {
            throw new IllegalArgumentException("the path of the page has no parameter " + name);
        }
        return value;
    }

    /**
     * A typed parameter of the path, such as {@code page.path("id", Integer::valueOf)}.
     *
     * @param read throws {@link IllegalArgumentException} for text that is not of the type; the page is then answered with 404
     */
    public <T> T path(String name, Function<String, T> read) {
        String text = path(name);
        try {
            return read.apply(text);
        } catch (IllegalArgumentException e) {
            throw new CarillonException(ErrorCode.NOT_FOUND, "there is no such page", e);
        }
    }

    /** All tabs that show this page with these path parameters. */
    public Scope route() {
        return Scope.route(context.path());
    }

    /** All tabs of the browser. */
    public Scope session() {
        return Scope.session(context.owner().session());
    }

    /** All tabs of the user of the token; empty for anonymous clients. */
    public Optional<Scope> user() {
        String user = context.owner().user();
        return Optional.ofNullable(user).map(Scope::user);
    }

    /** Sets the title; default: the path. */
    public void title(String text) {
        requireOpen();
        context.title(text);
    }

    /** A signal of this tab. */
    public <T> Signal<T> signal(String name, T initial) {
        return signal(name, initial, SignalType.ofValue(initial));
    }

    /** As {@link #signal(String, Object)}, of a given type. */
    public <T> Signal<T> signal(String name, T initial, SignalType<T> type) {
        requireOpen();
        return context.add(new TabSignal<>(context, Names.checked("signal", name), initial, type));
    }

    /**
     * A signal of this tab that the browser may write: an action first sets it to the form field of this name, if that is sent. Other fields are
     * refused. See {@link #field}.
     */
    public <T> Signal<T> input(String name, T initial) {
        return input(name, initial, SignalType.ofValue(initial));
    }

    /** As {@link #input(String, Object)}, of a given type. */
    public <T> Signal<T> input(String name, T initial, SignalType<T> type) {
        requireOpen();
        TabSignal<T> signal = new TabSignal<>(context, Names.checked("signal", name), initial, type);
        signal.makeWritable();
        return context.add(signal);
    }

    /** The attributes {@code form}, {@code name}, {@code id} and {@code value} of an {@code <input>} for a signal of {@link #input}. */
    public static String field(Signal<?> input) {
        return "form=\"" + Action.FORM + "\" id=\"field-" + input.name() + "\" name=\"" + input.name() + "\" value=\""
                + input.text() + "\"";
    }

    /**
     * A signal that all clients of a scope share, on all nodes. It lives for 30 days after its last write.
     *
     * @param initial its value before the first write, the same for all
     */
    public <T> Signal<T> shared(Scope scope, String name, T initial) {
        return shared(scope, name, initial, SignalType.ofValue(initial));
    }

    /** As {@link #shared(Scope, String, Object)}, of a given type. */
    public <T> Signal<T> shared(Scope scope, String name, T initial, SignalType<T> type) {
        requireOpen();
        return new SharedSignal<>(
                context.tenant().state(), Names.checked(scope), Names.checked("signal", name), initial, type);
    }

    /**
     * An action, which a button runs. The actions of a context run one at a time, each on a virtual thread and within a time limit.
     *
     * @param run may block. A {@link CarillonException} is shown to the user with its message; any other exception is logged. The context
     *     continues in either case
     */
    public Action action(String name, Runnable run) {
        requireOpen();
        context.add(Names.checked("action", name), run);
        return new Action(actionUrl + name);
    }

    /** A view of this tab. It is rendered again when a signal that it has read changes. */
    public void view(String name, Supplier<String> html) {
        view(Scope.tab(context.id()), name, html);
    }

    /**
     * A view that all clients of a scope see alike. After a change it is rendered once per node, for all of them.
     */
    public void view(Scope scope, String name, Supplier<String> html) {
        requireOpen();
        Scope shared = scope.equals(Scope.tab(context.id())) ? null : Names.checked(scope);
        context.add(Names.checked("view", name), shared, html);
    }

    /** Sets how the views make up the body; default: all views in the order of their declaration. */
    public void layout(Function<Views, String> html) {
        requireOpen();
        context.layout(html);
    }
}
