package dev.carillon.page.context;

import dev.carillon.page.event.EventReceiver;
import dev.carillon.page.event.PageEvents;
import dev.carillon.page.event.RecentEvents;
import dev.carillon.page.task.ContextHooks;
import dev.carillon.page.task.ContextTasks;
import dev.carillon.page.task.Task;
import dev.carillon.page.view.PageMetrics;
import dev.carillon.scope.Event;
import dev.carillon.scope.Scope;
import dev.carillon.scope.ScopeSelector;
import dev.carillon.scope.Selector;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.stream.Stream;

/**
 * The scopes of a context, and its handlers of their events. A context is always in its own scopes, and in those that it has joined; the node subscribes to a
 * scope only if a handler matches it. Thread-safe; joining blocks.
 */
final class ContextEvents implements EventReceiver {
    static final int MAX_SCOPES = 100;
    static final int MAX_HANDLERS = 100;

    private final PageEvents events;
    private final ContextTasks tasks;
    private final ContextHooks hooks;
    private final PageMetrics metrics;
    private final Supplier<List<Scope>> own;
    // Below: changed under the monitor, which is not held while the broker is asked. Copies, as most contexts have
    // none.
    private volatile Set<Scope> joined = Set.of();
    private volatile Set<Scope> subscribed = Set.of();
    private volatile List<Handler> handlers = List.of();
    private volatile boolean started;
    private volatile boolean closed;

    /** @param recent events of several scopes of which it matches more than one */
    private record Handler(ScopeSelector of, Consumer<Event> run, RecentEvents recent) {
        boolean matchesSeveral(Event event) {
            return event.scopes().stream().filter(of::matches).limit(2).count() > 1;
        }
    }

    /** @param own scopes of the context that it cannot leave */
    ContextEvents(
            PageEvents events, ContextTasks tasks, ContextHooks hooks, PageMetrics metrics, Supplier<List<Scope>> own) {
        this.events = events;
        this.tasks = tasks;
        this.hooks = hooks;
        this.metrics = metrics;
        this.own = own;
    }

    synchronized void add(ScopeSelector of, Consumer<Event> run) {
        if (handlers.size() >= MAX_HANDLERS) {
            throw new IllegalStateException("a page has at most " + MAX_HANDLERS + " handlers of events");
        }
        List<Handler> more = new ArrayList<>(handlers);
        more.add(new Handler(of, run, new RecentEvents()));
        handlers = List.copyOf(more);
    }

    Set<Scope> joined() {
        return joined;
    }

    /** Joins exactly these scopes, before {@link #start}. */
    synchronized void restore(Set<Scope> saved) {
        joined = saved;
    }

    /** All handlers are known from now on. */
    void start() {
        started = true;
        if (!handlers.isEmpty()) {
            events.joinPatterns(this);
            own.get().forEach(this::subscribe);
            joined.forEach(this::subscribe);
        }
    }

    void join(Scope scope) {
        if (own.get().contains(scope) || !add(scope)) {
            return;
        }
        if (started) {
            try {
                subscribe(scope);
            } catch (RuntimeException e) {
                leave(scope);
                throw e;
            }
        }
    }

    private synchronized boolean add(Scope scope) {
        if (joined.contains(scope)) {
            return false;
        }
        if (joined.size() >= MAX_SCOPES) {
            throw new IllegalStateException("a page joins at most " + MAX_SCOPES + " scopes");
        }
        joined = with(joined, scope);
        return true;
    }

    private void subscribe(Scope scope) {
        if (handlers.stream().noneMatch(handler -> handler.of().matches(scope))) {
            return;
        }
        synchronized (this) {
            if (closed || subscribed.contains(scope)) {
                return;
            }
            subscribed = with(subscribed, scope);
        }
        try {
            events.join(scope, this);
        } catch (RuntimeException e) {
            boolean _ = unsubscribe(scope);
            throw e;
        }
        if (!subscribed.contains(scope)) {
            // It was left, or the context ended, meanwhile.
            events.leave(scope, this);
        }
    }

    private synchronized boolean unsubscribe(Scope scope) {
        boolean known = subscribed.contains(scope);
        subscribed = without(subscribed, scope);
        return known;
    }

    void leave(Scope scope) {
        synchronized (this) {
            if (!joined.contains(scope)) {
                return;
            }
            joined = without(joined, scope);
        }
        if (unsubscribe(scope)) {
            events.leave(scope, this);
        }
    }

    void close() {
        Set<Scope> left;
        synchronized (this) {
            closed = true;
            left = subscribed;
            subscribed = Set.of();
        }
        left.forEach(scope -> events.leave(scope, this));
        events.leavePatterns(this);
    }

    private static Set<Scope> with(Set<Scope> scopes, Scope added) {
        Set<Scope> more = new HashSet<>(scopes);
        more.add(added);
        return Set.copyOf(more);
    }

    private static Set<Scope> without(Set<Scope> scopes, Scope removed) {
        Set<Scope> fewer = new HashSet<>(scopes);
        fewer.remove(removed);
        return Set.copyOf(fewer);
    }

    /** Each handler gets an event by the subscription of the scope that it matches, so that it has the events of that scope in their order. */
    @Override
    public void event(Scope scope, Event event, String id) {
        if (!subscribed.contains(scope)) {
            return;
        }
        for (Handler handler : handlers) {
            if (!handler.of().matches(scope)) {
                continue;
            }
            if (!handler.matchesSeveral(event)) {
                run(handler, event);
                continue;
            }
            // Queued before another subscription goes on to its next event.
            synchronized (handler.recent()) {
                if (handler.recent().isNew(id, scope)) {
                    run(handler, event);
                }
            }
        }
    }

    @Override
    public void event(Selector pattern, Event event) {
        List<Scope> mine = Stream.concat(own.get().stream(), joined.stream())
                .filter(pattern::matches)
                .toList();
        for (Handler handler : handlers) {
            mine.stream().filter(handler.of()::matches).findFirst().ifPresent(scope -> {
                Event.Draft of = Event.to(scope).tenant(event.tenant()).type(event.type());
                run(handler, of.data(event.data()).build());
            });
        }
    }

    private void run(Handler handler, Event event) {
        String name = event.scopes().getFirst().text();
        Task task = Task.of("event", name, () -> handler.run().accept(event));
        if (!tasks.addOrOverflow(task, hooks.gap(name))) {
            metrics.eventDropped();
        }
    }

    @Override
    public void gap() {
        Task task = hooks.gap("");
        if (task != null) {
            boolean _ = tasks.addOrOverflow(task, task);
        }
    }
}
