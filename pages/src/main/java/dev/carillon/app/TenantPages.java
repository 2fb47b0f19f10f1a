package dev.carillon.app;

import dev.carillon.base.Platform;
import dev.carillon.base.RandomIds;
import dev.carillon.extension.ExtensionContext;
import dev.carillon.scope.Scope;
import dev.carillon.scope.Tenant;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Supplier;

/** The shared signals and views of one tenant on this node. Thread-safe. */
final class TenantPages implements AutoCloseable {
    private final Tenant tenant;
    private final Platform platform;
    private final PatchSender sender;
    private final LongAdder renders;
    private final Duration actionTimeout;
    private final Dependents dependents = new Dependents();
    private final SharedState state;
    /** Each has at least one context, or is about to be removed. */
    private final Map<GroupKey, ViewGroup> groups = new ConcurrentHashMap<>();

    private record GroupKey(String pattern, Scope scope) {}

    TenantPages(Tenant tenant, ExtensionContext node, AppOptions options, PatchSender sender, LongAdder renders) {
        this.tenant = tenant;
        this.platform = node.platform();
        this.sender = sender;
        this.renders = renders;
        this.actionTimeout = options.actionTimeout();
        ChangeQueue changes = new ChangeQueue(platform.threads(), dependents::changed);
        this.state = new SharedState(tenant, node.store(), options, platform, changes::add);
    }

    void open() {
        state.open();
    }

    Tenant tenant() {
        return tenant;
    }

    SharedState state() {
        return state;
    }

    Duration actionTimeout() {
        return actionTimeout;
    }

    Dependents dependents() {
        return dependents;
    }

    ViewGroup join(PageContext context, String pattern, Scope scope, Map<String, Supplier<String>> sources) {
        GroupKey key = new GroupKey(pattern, scope);
        while (true) {
            ViewGroup group = groups.computeIfAbsent(
                    key,
                    k -> new ViewGroup(
                            tenant,
                            scope,
                            Scope.topic("carillon/page/" + RandomIds.uuid(platform.secureRandom())),
                            sender,
                            dependents,
                            renders));
            try {
                if (group.join(context, sources)) {
                    return group;
                }
            } catch (RuntimeException e) {
                leave(context, pattern, scope, group);
                throw e;
            }
            groups.remove(key, group);
        }
    }

    void leave(PageContext context, String pattern, Scope scope, ViewGroup group) {
        if (group.leave(context)) {
            groups.remove(new GroupKey(pattern, scope), group);
        }
    }

    @Override
    public void close() {
        state.close();
    }
}
