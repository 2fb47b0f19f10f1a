package dev.carillon.page.view;

import dev.carillon.base.Platform;
import dev.carillon.base.RandomIds;
import dev.carillon.extension.ExtensionContext;
import dev.carillon.page.signal.ChangeQueue;
import dev.carillon.page.signal.Dependent;
import dev.carillon.page.signal.Dependents;
import dev.carillon.page.signal.SharedBounds;
import dev.carillon.page.signal.SharedState;
import dev.carillon.page.signal.SignalKey;
import dev.carillon.page.trace.PageTrace;
import dev.carillon.page.trace.PageTracer;
import dev.carillon.scope.Scope;
import dev.carillon.scope.Tenant;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.stream.Collectors;

/** The shared signals and views of one tenant on this node. Thread-safe. */
public final class TenantPages implements AutoCloseable {
    private final Tenant tenant;
    private final Platform platform;
    private final PatchSender sender;
    private final PageMetrics metrics;
    private final Duration actionTimeout;
    private final Dependents dependents = new Dependents();
    private final SharedState state;
    /** Each has at least one context, or is about to be removed. */
    private final Map<GroupKey, ViewGroup> groups = new ConcurrentHashMap<>();

    private record GroupKey(String pattern, Scope scope) {}

    public TenantPages(
            Tenant tenant,
            ExtensionContext node,
            SharedBounds bounds,
            Duration actionTimeout,
            PatchSender sender,
            PageMetrics metrics) {
        this.tenant = tenant;
        this.platform = node.platform();
        this.sender = sender;
        this.metrics = metrics;
        this.actionTimeout = actionTimeout;
        ChangeQueue changes = new ChangeQueue(platform.threads(), traced(metrics, dependents::changed));
        this.state = new SharedState(tenant, node.store(), bounds, platform, changes::add);
    }

    /** In development mode changes from elsewhere have traces of their own. */
    private static Consumer<Set<SignalKey>> traced(PageMetrics metrics, Consumer<Set<SignalKey>> handler) {
        PageTracer tracer = metrics.tracer();
        return tracer == null
                ? handler
                : keys -> tracer.run(
                        new PageTrace.Subject(
                                PageTrace.CHANGE,
                                keys.stream().map(SignalKey::shown).sorted().collect(Collectors.joining(", ")),
                                "",
                                ""),
                        () -> {
                            keys.forEach(key -> PageTrace.read(key::shown));
                            handler.accept(keys);
                        });
    }

    /** Renders all shared views, because their templates are others now. */
    public void renderAgain() {
        groups.values().forEach(ViewGroup::renderAgain);
    }

    public void open() {
        state.open();
    }

    public Tenant tenant() {
        return tenant;
    }

    public SharedState state() {
        return state;
    }

    public Duration actionTimeout() {
        return actionTimeout;
    }

    public Dependents dependents() {
        return dependents;
    }

    public ViewGroup join(Dependent context, ViewGroup.Page page, Scope scope, Map<String, Supplier<String>> sources) {
        GroupKey key = new GroupKey(page.pattern(), scope);
        while (true) {
            ViewGroup group = groups.computeIfAbsent(
                    key,
                    k -> new ViewGroup(
                            tenant,
                            page.renderer(),
                            scope,
                            Scope.topic("carillon/page/" + RandomIds.uuid(platform.secureRandom())),
                            sender,
                            dependents,
                            metrics));
            try {
                if (group.join(context, sources)) {
                    return group;
                }
            } catch (RuntimeException e) {
                leave(context, page, scope, group);
                throw e;
            }
            groups.remove(key, group);
        }
    }

    public void leave(Dependent context, ViewGroup.Page page, Scope scope, ViewGroup group) {
        if (group.leave(context)) {
            groups.remove(new GroupKey(page.pattern(), scope), group);
        }
    }

    @Override
    public void close() {
        state.close();
    }
}
