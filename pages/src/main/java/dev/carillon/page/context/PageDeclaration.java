package dev.carillon.page.context;

import dev.carillon.base.CarillonException;
import dev.carillon.base.ErrorCode;
import dev.carillon.page.Action;
import dev.carillon.page.Page;
import dev.carillon.page.Signal;
import dev.carillon.page.SignalType;
import dev.carillon.page.Views;
import dev.carillon.page.signal.SharedSignal;
import dev.carillon.page.signal.TabSignal;
import dev.carillon.scope.Scope;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Supplier;

/** The declaration of a page for one context. For the thread that builds the page. */
final class PageDeclaration implements Page {
    private final PageContext context;
    private final Map<String, String> parameters;
    private final String actionUrl;
    private boolean declared;

    PageDeclaration(PageContext context, Map<String, String> parameters, String actionUrl) {
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

    @Override
    public String path(String name) {
        String value = parameters.get(name);
        if (value == null) {
            throw new IllegalArgumentException("the path of the page has no parameter " + name);
        }
        return value;
    }

    @Override
    public <T> T path(String name, Function<String, T> read) {
        String text = path(name);
        try {
            return read.apply(text);
        } catch (IllegalArgumentException e) {
            throw new CarillonException(ErrorCode.NOT_FOUND, "there is no such page", e);
        }
    }

    @Override
    public Scope route() {
        return Scope.route(context.path());
    }

    @Override
    public Scope session() {
        return Scope.session(context.owner().session());
    }

    @Override
    public Optional<Scope> user() {
        String user = context.owner().user();
        return Optional.ofNullable(user).map(Scope::user);
    }

    @Override
    public void title(String text) {
        requireOpen();
        context.title(text);
    }

    @Override
    public <T> Signal<T> signal(String name, T initial, SignalType<T> type) {
        requireOpen();
        return context.add(tabSignal(name, initial, type));
    }

    @Override
    public <T> Signal<T> input(String name, T initial, SignalType<T> type) {
        requireOpen();
        TabSignal<T> signal = tabSignal(name, initial, type);
        signal.makeWritable();
        return context.add(signal);
    }

    private <T> TabSignal<T> tabSignal(String name, T initial, SignalType<T> type) {
        return new TabSignal<>(
                Scope.tab(context.id()), Names.checked("signal", name), initial, type, context::changed);
    }

    @Override
    public <T> Signal<T> shared(Scope scope, String name, T initial, SignalType<T> type) {
        requireOpen();
        return new SharedSignal<>(
                context.tenant().state(), Names.checked(scope), Names.checked("signal", name), initial, type);
    }

    @Override
    public Action action(String name, Runnable run) {
        requireOpen();
        context.add(Names.checked("action", name), run);
        return new ActionButton(actionUrl + name);
    }

    @Override
    public void view(String name, Supplier<String> html) {
        view(Scope.tab(context.id()), name, html);
    }

    @Override
    public void view(Scope scope, String name, Supplier<String> html) {
        requireOpen();
        Scope shared = scope.equals(Scope.tab(context.id())) ? null : Names.checked(scope);
        context.add(Names.checked("view", name), shared, html);
    }

    @Override
    public void layout(Function<Views, String> html) {
        requireOpen();
        context.layout(html);
    }
}
