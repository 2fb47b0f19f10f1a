package dev.carillon.page.view;

import dev.carillon.page.signal.Dependent;
import dev.carillon.page.signal.SignalKey;
import dev.carillon.page.trace.PageTrace;
import dev.carillon.patch.Patch;
import dev.carillon.scope.Scope;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The views of one tab: its own, and those that it shares with others. Guarded by the lock of its context, except for {@link #topics} and {@link #resend}. */
public final class TabViews {
    private static final Logger LOGGER = LoggerFactory.getLogger(TabViews.class);

    private final Dependent context;
    private final Scope tab;
    private final TenantPages tenant;
    private final ViewGroup.Page page;
    private final PageMetrics metrics;
    private final ReadIndex reads;
    private final Map<Scope, ViewGroup> groups = new LinkedHashMap<>();
    private final Map<String, View> own = new LinkedHashMap<>();
    private Map<String, Declared> declared = Map.of();
    /** Versions of the views in the page that the browser loaded. */
    private volatile Map<String, Long> seen = Map.of();

    /**
     * How a view is rendered.
     *
     * @param scope null: that of the tab
     */
    public record Declared(@Nullable Scope scope, Supplier<String> source) {}

    public TabViews(Dependent context, Scope tab, TenantPages tenant, ViewGroup.Page page, PageMetrics metrics) {
        this.context = context;
        this.tab = tab;
        this.tenant = tenant;
        this.page = page;
        this.metrics = metrics;
        this.reads = new ReadIndex(tenant.dependents(), context);
    }

    /** Renders all views for the first time, in the order of declaration. */
    public void open(Map<String, Declared> all) {
        declared = all;
        Map<Scope, Map<String, Supplier<String>>> shared = new LinkedHashMap<>();
        all.forEach((name, view) -> {
            Scope scope = view.scope();
            if (scope != null) {
                shared.computeIfAbsent(scope, s -> new LinkedHashMap<>()).put(name, view.source());
            } else {
                View mine = new View(name, tab);
                own.put(name, mine);
                boolean _ = render(mine, view.source(), null);
            }
        });
        shared.forEach((scope, sources) -> groups.put(scope, tenant.join(context, page, scope, sources)));
    }

    /** The contents for a page that the browser loads now. */
    public Map<String, View.Content> load() {
        Map<String, View.Content> contents = new LinkedHashMap<>();
        declared.forEach((name, view) -> contents.put(name, content(name, view.scope())));
        Map<String, Long> versions = new HashMap<>();
        contents.forEach((name, content) -> versions.put(name, content.version()));
        seen = Map.copyOf(versions);
        return contents;
    }

    /** The browser has loaded the page from another node. */
    public void loadedElsewhere() {
        Map<String, Long> versions = new HashMap<>();
        declared.keySet().forEach(name -> versions.put(name, 0L));
        seen = Map.copyOf(versions);
    }

    private View.Content content(String name, @Nullable Scope scope) {
        ViewGroup group = scope == null ? null : groups.get(scope);
        View view = own.get(name);
        if (group != null) {
            return group.content(name);
        }
        if (view == null) {
            throw new IllegalStateException("view \"" + name + "\" has ended");
        }
        return view.content();
    }

    /** The topics that the stream of the tab is in. */
    public List<Scope> topics() {
        return groups.values().stream().map(ViewGroup::topic).toList();
    }

    /** Sends the shared views that have changed since the page was loaded. */
    public void resend() {
        groups.values().forEach(group -> group.resend(tab, seen));
    }

    /**
     * Renders the views of the tab that read changed signals.
     *
     * @param rewritten inputs that have other values than their fields in the browser
     * @param all whether a view is sent also if it has changed before, since the page was loaded
     */
    public List<Patch> changes(Set<SignalKey> keys, Set<SignalKey> rewritten, boolean all) {
        List<Patch> patches = new ArrayList<>();
        own.forEach((name, view) -> {
            boolean renewed = view.readsAny(keys) && renderOrLog(name, view, keys);
            if (!renewed && view.readsAny(rewritten)) {
                view.renew();
                renewed = true;
            }
            Long version = seen.get(name);
            if (all && !Long.valueOf(view.version()).equals(version)) {
                patches.add(view.content().resent(version == null ? 0 : version));
            } else if (renewed) {
                patches.addAll(view.changes());
            }
        });
        reads.keepOnly(own.values());
        if (PageTrace.current() != null) {
            ViewTrace.notAffected(own.values(), tab);
            groups.values().forEach(ViewGroup::traceNotAffected);
        }
        return patches;
    }

    /** Renders all views of the tab, because their templates are others now. */
    public List<Patch> renderAgain() {
        List<Patch> patches = new ArrayList<>();
        own.forEach((name, view) -> {
            if (renderOrLog(name, view, view.reads())) {
                patches.addAll(view.changes());
            }
        });
        reads.keepOnly(own.values());
        return patches;
    }

    private boolean render(View view, Supplier<String> source, @Nullable Set<SignalKey> changed) {
        try {
            boolean renewed = ViewTrace.rendering(view, tab, changed, () -> view.render(source, reads::add));
            metrics.rendered(false, renewed);
            return renewed;
        } catch (Throwable e) {
            metrics.renderFailed(false);
            throw e;
        }
    }

    private boolean renderOrLog(String name, View view, Set<SignalKey> changed) {
        Declared source = declared.get(name);
        if (source == null) {
            return false;
        }
        try {
            return render(view, source.source(), changed);
        } catch (Exception | StackOverflowError | LinkageError | AssertionError e) {
            LOGGER.atError()
                    .addKeyValue("view", name)
                    .addKeyValue("context", tab.name())
                    .setCause(e)
                    .log("a view could not be rendered; its tab keeps the last content");
            return false;
        }
    }

    public void close() {
        reads.clear();
        groups.forEach((scope, group) -> tenant.leave(context, page, scope, group));
        groups.clear();
    }
}
