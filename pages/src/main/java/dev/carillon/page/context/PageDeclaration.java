package dev.carillon.page.context;

import dev.carillon.base.CarillonException;
import dev.carillon.base.ErrorCode;
import dev.carillon.base.Text;
import dev.carillon.broadcast.Broadcaster;
import dev.carillon.extension.Cookie;
import dev.carillon.extension.ExtensionContext;
import dev.carillon.page.Action;
import dev.carillon.page.Links;
import dev.carillon.page.Page;
import dev.carillon.page.PageTimer;
import dev.carillon.page.RequestAttribute;
import dev.carillon.page.SessionValue;
import dev.carillon.page.Signal;
import dev.carillon.page.SignalType;
import dev.carillon.page.Stored;
import dev.carillon.page.Upload;
import dev.carillon.page.UploadRule;
import dev.carillon.page.Views;
import dev.carillon.page.event.PatternEvents;
import dev.carillon.page.signal.ActionRun;
import dev.carillon.page.signal.BrowserFields;
import dev.carillon.page.signal.Rendering;
import dev.carillon.page.signal.SharedSignal;
import dev.carillon.page.signal.TabSignal;
import dev.carillon.patch.Json;
import dev.carillon.patch.Patch;
import dev.carillon.scope.Event;
import dev.carillon.scope.Scope;
import dev.carillon.scope.Selector;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletionException;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** The declaration of a page for one context. For the thread that builds the page. */
final class PageDeclaration implements Page {
    /** More would not fit into the store with a long name of a scope. */
    private static final int MAX_NAME_CHARS = 200;

    private static final Pattern ELEMENT = Pattern.compile("[A-Za-z][A-Za-z0-9_.:-]{0,255}");

    private final PageContext context;
    private final ExtensionContext node;
    private final Map<String, String> parameters;
    private final String actionUrl;
    private final PageLayout layout;
    private final RequestDeclaration request;
    private final Links links;
    private boolean declared;

    PageDeclaration(
            PageContext context,
            ExtensionContext node,
            Map<String, String> parameters,
            String actionUrl,
            RequestDeclaration request,
            Links links) {
        this(context, node, parameters, actionUrl, request, links, context.layout());
    }

    private PageDeclaration(
            PageContext context,
            ExtensionContext node,
            Map<String, String> parameters,
            String actionUrl,
            RequestDeclaration request,
            Links links,
            PageLayout layout) {
        this.request = request;
        this.links = links;
        this.context = context;
        this.node = node;
        this.parameters = parameters;
        this.actionUrl = actionUrl;
        this.layout = layout;
    }

    void end() {
        declared = true;
        request.end();
    }

    /** The name of a part, after that of its component. */
    private String named(String kind, String name) {
        String full = layout.prefix() + Names.checked(kind, name);
        if (full.length() > MAX_NAME_CHARS) {
            throw new IllegalArgumentException(
                    kind + " \"" + full + "\": must have at most " + MAX_NAME_CHARS + " characters");
        }
        return full;
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
    public Optional<String> parameter(String name) {
        return request.parameter(name);
    }

    @Override
    public <T> Optional<T> parameter(String name, SignalType<T> type) {
        return request.parameter(name, type);
    }

    @Override
    public Optional<String> cookie(String name) {
        return request.cookie(name);
    }

    @Override
    public void setCookie(Cookie cookie) {
        request.setCookie(cookie);
    }

    @Override
    public <T> Stored<T> session(SessionValue<T> value) {
        return request.session(value);
    }

    @Override
    public void renewSession() {
        request.renewSession();
    }

    @Override
    public <T> Optional<T> attribute(RequestAttribute<T> attribute) {
        return request.attribute(attribute);
    }

    @Override
    public void redirect(String path) {
        request.redirect(path);
    }

    @Override
    public void memoryOnly() {
        requireOpen();
        context.saves().memoryOnly();
    }

    @Override
    public boolean isRevived() {
        return context.saves().isRevived();
    }

    @Override
    public String actionId() {
        String key = ActionRun.currentKey();
        if (key == null) {
            throw new IllegalStateException("an action id outside of an action");
        }
        return context.id() + "." + key;
    }

    @Override
    public void head(String html) {
        requireOpen();
        context.parts().addHead(html);
    }

    @Override
    public Links links() {
        return links;
    }

    @Override
    public Upload upload(String name, UploadRule rule) {
        requireOpen();
        TabSignal<Integer> percent = context.parts().add(tabSignal(name + "-progress", 0, SignalType.INT));
        return context.parts().add(new PageUpload(named("upload", name), rule, percent));
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
        context.parts().title(text);
    }

    @Override
    public <T> Signal<T> signal(String name, T initial, SignalType<T> type) {
        requireOpen();
        return context.parts().add(tabSignal(name, initial, type));
    }

    @Override
    public <T> Signal<T> input(String name, T initial, SignalType<T> type) {
        requireOpen();
        TabSignal<T> signal = tabSignal(name, initial, type);
        signal.makeWritable();
        return context.parts().add(signal);
    }

    private <T> TabSignal<T> tabSignal(String name, T initial, SignalType<T> type) {
        return new TabSignal<>(Scope.tab(context.id()), named("signal", name), initial, type, context);
    }

    @Override
    public <T> Signal<T> shared(Scope scope, String name, T initial, SignalType<T> type) {
        return new SharedSignal<>(context.tenant().state(), Names.checked(scope), named("signal", name), initial, type);
    }

    @Override
    public Action action(String name, Runnable run) {
        requireOpen();
        String full = named("action", name);
        context.parts().add(full, run);
        return new ActionButton(actionUrl + full, context.page().protocol().markup());
    }

    @Override
    public void view(String name, Supplier<String> html) {
        view(Scope.tab(context.id()), name, html);
    }

    @Override
    public void view(Scope scope, String name, Supplier<String> html) {
        requireOpen();
        Scope shared = scope.equals(Scope.tab(context.id())) ? null : Names.checked(scope);
        String full = named("view", name);
        layout.view(name);
        context.parts().add(full, shared, html);
    }

    @Override
    public String block(String name, Supplier<String> html) {
        return Rendering.block(layout.prefix(), Names.checked("block", name), html);
    }

    @Override
    public void component(String name, Consumer<Page> build) {
        requireOpen();
        PageLayout own = layout.component(Names.checked("component", name));
        PageDeclaration component = new PageDeclaration(context, node, parameters, actionUrl, request, links, own);
        build.accept(component);
        component.end();
    }

    @Override
    public void layout(Function<Views, String> html) {
        requireOpen();
        layout.html(html);
    }

    @Override
    public void onConnect(Runnable run) {
        requireOpen();
        context.hooks().onConnect(run);
    }

    @Override
    public void onDisconnect(Runnable run) {
        requireOpen();
        context.hooks().onDisconnect(run);
    }

    @Override
    public void onClose(Runnable run) {
        requireOpen();
        context.hooks().onClose(run);
    }

    @Override
    public PageTimer every(Duration period, Runnable run) {
        return context.timers().add(period, run);
    }

    @Override
    public <T> void background(Callable<T> work, Consumer<T> then) {
        // It may have an effect of which an action that runs again knows nothing.
        ActionRun.effect();
        context.background().start(work, then);
    }

    @Override
    public void on(Scope scope, Consumer<Event> run) {
        requireOpen();
        context.events().add(Names.checked(scope)::equals, run);
        context.events().join(scope);
    }

    @Override
    public void on(Selector pattern, Consumer<Event> run) {
        requireOpen();
        context.events().add(pattern, run);
    }

    @Override
    public void onGap(Runnable run) {
        requireOpen();
        context.hooks().onGap(run);
    }

    @Override
    public void join(Scope scope) {
        context.events().join(Names.checked(scope));
    }

    @Override
    public void leave(Scope scope) {
        context.events().leave(scope);
    }

    @Override
    public Set<Scope> joined() {
        return context.events().joined();
    }

    @Override
    public void broadcast(Scope scope, @Nullable String type, String data) {
        broadcast(Event.to(Names.checked(scope))
                .tenant(context.owner().tenant())
                .type(type)
                .data(data)
                .build());
    }

    @Override
    public void broadcast(Selector pattern, @Nullable String type, String data) {
        broadcast(PatternEvents.pack(context.owner().tenant(), pattern, type, data));
    }

    private void broadcast(Event event) {
        ActionRun.effect();
        try {
            Broadcaster.Receipt _ =
                    node.broadcaster().broadcast(event).toCompletableFuture().join();
        } catch (CompletionException e) {
            throw e.getCause() instanceof CarillonException known ? known : e;
        }
    }

    @Override
    public void script(String name, @Nullable Object... arguments) {
        Set<String> known = context.services().scripts();
        if (!known.contains(name)) {
            throw new IllegalArgumentException("the application has no script \"" + name + "\", but " + known);
        }
        context.patch(new Patch.Script(name, Json.write(Arrays.asList(arguments))));
    }

    @Override
    public void fill(Signal<?>... inputs) {
        List<TabSignal<?>> filled = new ArrayList<>();
        for (Signal<?> input : inputs) {
            TabSignal<?> known = context.parts().input(input.name());
            if (known == null) {
                throw new IllegalArgumentException("signal \"" + input.name() + "\" is no input of the page");
            }
            filled.add(known);
        }
        context.patch(BrowserFields.patch(filled));
    }

    @Override
    public void append(String id, String html) {
        context.patch(new Patch.Append(element(id), wellFormed(html)));
    }

    @Override
    public void prepend(String id, String html) {
        context.patch(new Patch.Prepend(element(id), wellFormed(html)));
    }

    private static String wellFormed(String html) {
        if (!Text.isWellFormed(html)) {
            throw new IllegalArgumentException("html must be well-formed Unicode, without unpaired surrogates");
        }
        return html;
    }

    @Override
    public void remove(String id) {
        context.patch(new Patch.Remove(element(id)));
    }

    private static String element(String id) {
        if (!ELEMENT.matcher(id).matches()) {
            throw new IllegalArgumentException("element \"" + id
                    + "\": an id has 1 to 256 letters, digits, '_', '.', ':' or '-', and begins with a letter");
        }
        return id;
    }
}
