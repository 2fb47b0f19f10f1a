package dev.carillon.page.context;

import dev.carillon.base.CarillonException;
import dev.carillon.base.CloseReason;
import dev.carillon.base.ErrorCode;
import dev.carillon.extension.ClientStream;
import dev.carillon.page.OpenPage;
import dev.carillon.page.signal.Dependent;
import dev.carillon.page.signal.SignalKey;
import dev.carillon.page.signal.TabSignal;
import dev.carillon.page.view.PatchSender;
import dev.carillon.page.view.ReadIndex;
import dev.carillon.page.view.TenantPages;
import dev.carillon.page.view.View;
import dev.carillon.page.view.ViewGroup;
import dev.carillon.patch.Patch;
import dev.carillon.scope.Scope;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One open tab: its signals, actions and views.
 *
 * <p>The lock is held by one action at a time, and by whatever renders the views of the tab. A change that meets a held lock is left to its
 * holder, which looks again after it has released the lock; so no thread waits for the end of an action to render. Thread-safe.
 */
public final class PageContext implements Dependent {
    /** Memory that a context is charged: an estimate for a page of some signals and views. */
    static final int BYTES = 16 * 1024;

    private static final Logger LOGGER = LoggerFactory.getLogger(PageContext.class);

    private final String id;
    private final ClientIdentity owner;
    private final TenantPages tenant;
    private final PageDefinition page;
    private final String path;
    private final Instant loaded;
    private final ContextServices services;
    private final ReadIndex reads;
    private final ContextTasks tasks;
    private final ContextTimers timers;
    private final ContextEvents events;
    private final ContextHooks hooks = new ContextHooks();
    private final PendingPatches patches = new PendingPatches();
    private final PageParts parts = new PageParts();
    private final PageLayout layout = new PageLayout("");
    private final Map<Scope, ViewGroup> groups = new LinkedHashMap<>();
    private final Set<SignalKey> changed = ConcurrentHashMap.newKeySet();
    private final AtomicInteger waiting = new AtomicInteger();
    private final ReentrantLock lock = new ReentrantLock();
    private volatile @Nullable TabStream stream;
    /** The last stream that opened: after it has closed, the application may still be told so. */
    private volatile @Nullable TabStream last;

    private volatile boolean resend;
    private String title;
    private String head = "";
    // Below: guarded by lock.
    private final Map<String, View> views = new LinkedHashMap<>();
    /** Versions of the views in the page that the browser loaded. */
    private volatile Map<String, Long> seen = Map.of();

    /** The texts of fields that the browser has sent since the last flush. */
    private final Map<TabSignal<?>, String> received = new HashMap<>();

    private volatile boolean closed;
    /** Whether the page was built without a failure. */
    private volatile boolean built;

    PageContext(
            String id,
            ClientIdentity owner,
            TenantParts tenant,
            PageDefinition page,
            String path,
            ContextServices services) {
        this.id = id;
        this.owner = owner;
        this.tenant = tenant.pages();
        this.page = page;
        this.path = path;
        this.title = path;
        this.services = services;
        this.loaded = services.platform().clock().instant();
        this.reads = new ReadIndex(this.tenant.dependents(), this);
        this.tasks = new ContextTasks(
                task -> services.runner().runLogged(this, task),
                services.platform().threads().each("carillon-page-tasks"));
        this.timers = new ContextTimers(tasks, services.platform().timer());
        this.events = new ContextEvents(tenant.events(), tasks, hooks, services.metrics(), this::ownScopes);
    }

    private List<Scope> ownScopes() {
        List<Scope> own = new ArrayList<>(
                List.of(Scope.tab(id), Scope.session(owner.session()), Scope.route(path), Scope.GLOBAL));
        String user = owner.user();
        if (user != null) {
            own.add(Scope.user(user));
        }
        return own;
    }

    public String id() {
        return id;
    }

    ClientIdentity owner() {
        return owner;
    }

    TenantPages tenant() {
        return tenant;
    }

    public PageDefinition page() {
        return page;
    }

    public String path() {
        return path;
    }

    /** Elements for the head of the page. */
    public String head() {
        return head;
    }

    void addHead(String html) {
        head += html;
    }

    public String title() {
        return title;
    }

    ReentrantLock lock() {
        return lock;
    }

    /** Number of actions that run or wait. */
    AtomicInteger waiting() {
        return waiting;
    }

    public boolean hasStream() {
        return stream != null;
    }

    void title(String text) {
        title = text;
    }

    /** What the page has declared. */
    public PageParts parts() {
        return parts;
    }

    PageLayout layout() {
        return layout;
    }

    ContextTimers timers() {
        return timers;
    }

    ContextEvents events() {
        return events;
    }

    ContextHooks hooks() {
        return hooks;
    }

    ContextServices services() {
        return services;
    }

    boolean isClosed() {
        return closed;
    }

    OpenPage describe() {
        return new OpenPage(
                id, owner.tenant(), owner.session(), Optional.ofNullable(owner.user()), path, hasStream(), loaded);
    }

    /**
     * Sends a patch to the tab: with the changes of the code that runs now, or at once. While no stream is open, it waits for the next one.
     *
     * @throws CarillonException {@code too-large}
     */
    void patch(Patch patch) {
        PatchSender.requireSize(patch);
        patches.add(patch, hasStream() ? this::send : null);
        refresh();
    }

    private void send(List<Patch> sent) {
        services.sender().send(owner.tenant(), Scope.tab(id), sent);
    }

    /** Sets inputs to the texts of their fields in the browser. Holds the lock. */
    void receive(Map<TabSignal<?>, String> inputs) {
        received.putAll(inputs);
        inputs.forEach(TabSignal::setParsed);
    }

    /** The inputs that have other values than their fields in the browser. Holds the lock. */
    private Set<SignalKey> rewritten() {
        Set<SignalKey> keys = new HashSet<>();
        received.forEach((signal, text) -> {
            if (signal.differsFrom(text)) {
                keys.add(signal.key());
            }
        });
        received.clear();
        return keys;
    }

    /** Renders all views for the first time. If one fails, the context must be {@linkplain #close() closed}. */
    void open() {
        Map<Scope, Map<String, Supplier<String>>> shared = new LinkedHashMap<>();
        lock.lock();
        try {
            parts.views().forEach((name, view) -> {
                Scope scope = view.scope();
                if (scope != null) {
                    shared.computeIfAbsent(scope, s -> new LinkedHashMap<>()).put(name, view.source());
                } else {
                    View own = new View(name, Scope.tab(id));
                    views.put(name, own);
                    boolean _ = render(own, view.source());
                }
            });
            shared.forEach((scope, sources) -> groups.put(scope, tenant.join(this, page.pattern(), scope, sources)));
        } finally {
            lock.unlock();
        }
        events.start();
        built = true;
    }

    static CarillonException ended() {
        return new CarillonException(
                ErrorCode.TOO_MANY_REQUESTS, "the page has ended: this browser opened too many pages at once");
    }

    /**
     * The body of the page as it is now.
     *
     * @throws CarillonException {@code overloaded} when an action runs for too long, {@code too-many-requests} when the context has ended
     */
    public String body() {
        lockWithin(tenant.actionTimeout());
        try {
            if (closed) {
                throw ended();
            }
            flush();
            Map<String, View.Content> contents = new LinkedHashMap<>();
            parts.views().forEach((name, view) -> contents.put(name, content(name, view.scope())));
            Map<String, Long> versions = new HashMap<>();
            contents.forEach((name, content) -> versions.put(name, content.version()));
            seen = Map.copyOf(versions);
            return layout.render(contents);
        } finally {
            lock.unlock();
        }
    }

    private void lockWithin(Duration limit) {
        try {
            if (lock.tryLock(limit.toMillis(), TimeUnit.MILLISECONDS)) {
                return;
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        throw new CarillonException(ErrorCode.OVERLOADED, "an action of this page has not ended yet; try again");
    }

    private View.Content content(String name, @Nullable Scope scope) {
        ViewGroup group = scope == null ? null : groups.get(scope);
        View view = views.get(name);
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

    /** Sends what has changed since the page was loaded: the stream may be a new one after a lost connection. */
    void opened(ClientStream opened) {
        TabStream next = new TabStream(opened);
        last = next;
        stream = next;
        Scope tab = Scope.tab(id);
        groups.values().forEach(group -> group.resend(tab, seen));
        resend = true;
        refresh();
        timers.start();
        hooks.connected(tasks);
    }

    /** @return the stream, if it was that of the tab; it {@linkplain TabStream#ended() ends} when the application knows of it */
    @Nullable
    TabStream closed(ClientStream ended) {
        TabStream known = stream;
        if (known == null || !known.stream().equals(ended)) {
            return null;
        }
        stream = null;
        timers.stop();
        hooks.disconnected(tasks);
        return known;
    }

    /**
     * Ends the stream, which may be one whose client has left without a sign, so that a new one can take its place. Waits until it has ended and the
     * application knows of it, or for {@link TabStream#END}.
     */
    public void release() {
        TabStream known = stream;
        if (known != null) {
            // A tab that is still there loads the page again, for a context of its own.
            services.sender().reload(owner.tenant(), Scope.tab(id));
            known.stream().close(CloseReason.APPLICATION);
        }
        TabStream ending = last;
        if (ending != null) {
            ending.awaitEnd();
        }
    }

    void changed(SignalKey key) {
        changed.add(key);
        refresh();
    }

    @Override
    public void changed(Set<SignalKey> keys) {
        changed.addAll(keys);
        refresh();
    }

    /** Renders and sends the changed views, unless the holder of the lock will do it. */
    void refresh() {
        if (lock.isHeldByCurrentThread()) {
            return;
        }
        while ((resend || !changed.isEmpty() || stream != null && patches.isWaiting()) && lock.tryLock()) {
            try {
                flush();
            } finally {
                lock.unlock();
            }
        }
    }

    /** Renders the views that read changed signals, and sends them as one event. Holds the lock. */
    void flush() {
        Set<SignalKey> keys = new HashSet<>(changed);
        changed.removeAll(keys);
        boolean all = resend;
        resend = false;
        if (closed) {
            return;
        }
        Set<SignalKey> rewritten = rewritten();
        List<Patch> sent = new ArrayList<>();
        views.forEach((name, view) -> {
            boolean renewed = view.readsAny(keys) && renderOrLog(name, view);
            if (!renewed && view.readsAny(rewritten)) {
                view.renew();
                renewed = true;
            }
            if (all && !Long.valueOf(view.version()).equals(seen.get(name))) {
                sent.add(view.content().patch());
            } else if (renewed) {
                sent.addAll(view.changes());
            }
        });
        reads.keepOnly(views.values());
        if (stream != null) {
            // After the views: a script finds what the code that ran it has changed.
            patches.drain(last -> {
                sent.addAll(last);
                send(sent);
            });
        }
    }

    private boolean render(View view, Supplier<String> source) {
        try {
            boolean renewed = view.render(source, reads::add);
            services.metrics().rendered(false, renewed);
            return renewed;
        } catch (Throwable e) {
            services.metrics().renderFailed(false);
            throw e;
        }
    }

    private boolean renderOrLog(String name, View view) {
        PageParts.DeclaredView source = parts.views().get(name);
        if (source == null) {
            return false;
        }
        try {
            return render(view, source.source());
        } catch (Exception | StackOverflowError | LinkageError | AssertionError e) {
            LOGGER.atError()
                    .addKeyValue("view", name)
                    .addKeyValue("context", id)
                    .setCause(e)
                    .log("a view could not be rendered; its tab keeps the last content");
            return false;
        }
    }

    /** Releases what others hold for this context; may be called again. */
    void close() {
        timers.stop();
        events.close();
        lock.lock();
        try {
            closed = true;
            reads.clear();
            groups.forEach((scope, group) -> tenant.leave(this, page.pattern(), scope, group));
            groups.clear();
        } finally {
            lock.unlock();
        }
    }

    /**
     * Runs what the page does at its end.
     *
     * @param done called afterwards, also when there is nothing to run
     */
    void runAtEnd(Runnable done) {
        if (built) {
            hooks.closed(tasks, done);
        } else {
            done.run();
        }
    }
}
