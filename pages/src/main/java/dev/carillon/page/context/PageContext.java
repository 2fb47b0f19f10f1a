package dev.carillon.page.context;

import dev.carillon.base.CarillonException;
import dev.carillon.base.CloseReason;
import dev.carillon.base.ErrorCode;
import dev.carillon.extension.ClientStream;
import dev.carillon.page.OpenPage;
import dev.carillon.page.journal.JournalEntry;
import dev.carillon.page.signal.BrowserFields;
import dev.carillon.page.signal.Dependent;
import dev.carillon.page.signal.SignalKey;
import dev.carillon.page.signal.TabSignal;
import dev.carillon.page.stream.TabConnection;
import dev.carillon.page.stream.TabStream;
import dev.carillon.page.task.BackgroundWork;
import dev.carillon.page.task.ContextHooks;
import dev.carillon.page.task.ContextTasks;
import dev.carillon.page.task.ContextTimers;
import dev.carillon.page.view.TabViews;
import dev.carillon.page.view.TenantPages;
import dev.carillon.page.view.ViewGroup;
import dev.carillon.patch.Patch;
import dev.carillon.patch.PatchRenderer;
import dev.carillon.scope.Scope;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * One open tab: its signals, actions and views.
 *
 * <p>The lock is held by one action at a time, and by whatever renders the views of the tab. A change that meets a held lock is left to its
 * holder, which looks again after it has released the lock; so no thread waits for the end of an action to render. Thread-safe.
 */
public final class PageContext implements Dependent, TabSignal.Tab {
    /** Memory that a context is charged: an estimate for a page of some signals and views. */
    static final int BYTES = 16 * 1024;

    private final String id;
    private final ClientIdentity owner;
    private final TenantPages tenant;
    private final PageDefinition page;
    private final JournalEntry.Source source;
    private final Instant loaded;
    private final ContextServices services;
    private final ContextTasks tasks;
    private final ContextTimers timers;
    private final BackgroundWork background;
    private final ContextEvents events;
    private final ContextSaves saves;
    private final ContextHooks hooks = new ContextHooks();
    private final TabConnection connection;
    private final SignalMemory memory;
    private final PageParts parts;
    private final PageLayout layout = new PageLayout("");
    private final Set<SignalKey> changed = ConcurrentHashMap.newKeySet();
    private final AtomicInteger waiting = new AtomicInteger();

    private final ReentrantLock lock = new ReentrantLock();
    private volatile boolean resend;
    // Below: guarded by lock.
    private final TabViews views;
    private final BrowserFields fields = new BrowserFields();

    private volatile boolean closed;
    private volatile boolean moved;
    /** Whether the page was built without a failure. */
    private volatile boolean built;

    /** @param life of the context: who owns it */
    PageContext(
            String id,
            ClientIdentity owner,
            TenantParts tenant,
            PageDefinition page,
            JournalEntry.Source source,
            JournalEntry.Owner life,
            ContextServices services) {
        this.id = id;
        this.owner = owner;
        this.tenant = tenant.pages();
        this.page = page;
        this.source = source;
        this.parts = new PageParts(source.path());
        this.services = services;
        this.loaded = services.platform().clock().instant();
        PatchRenderer renderer = page.protocol().renderer();
        this.connection = new TabConnection(owner.tenant(), Scope.tab(id), services.sender(), renderer);
        this.memory = new SignalMemory(services.contexts(), id);
        this.views = new TabViews(
                this, Scope.tab(id), this.tenant, new ViewGroup.Page(page.pattern(), renderer), services.metrics());
        this.tasks = new ContextTasks(
                task -> services.runner().runLogged(this, task),
                services.platform().threads().each("carillon-page-tasks"));
        this.timers = new ContextTimers(tasks, services.timer());
        this.background =
                new BackgroundWork(tasks, services.platform().threads().each("carillon-page-background"));
        this.events = new ContextEvents(
                tenant.events(), tasks, hooks, services.metrics(), () -> owner.scopes(id, source.path()));
        this.saves = new ContextSaves(this, life, services);
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
        return source.path();
    }

    JournalEntry.Source source() {
        return source;
    }

    ReentrantLock lock() {
        return lock;
    }

    /** Number of actions that run or wait. */
    AtomicInteger waiting() {
        return waiting;
    }

    public boolean hasStream() {
        return connection.isOpen();
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

    BackgroundWork background() {
        return background;
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

    /** What of this context outlives its node. */
    public ContextSaves saves() {
        return saves;
    }

    boolean isClosed() {
        return closed;
    }

    /** Another node owns the context: nothing is shown or run here any more. Never blocks. */
    void moved() {
        moved = true;
        closed = true;
    }

    /** Whether the page is declared, and has its saved state. */
    boolean isBuilt() {
        return built;
    }

    /** Whether another node owns the context. */
    public boolean hasMoved() {
        return moved;
    }

    /** Why nothing runs any more. */
    CarillonException gone() {
        return moved
                ? new CarillonException(ErrorCode.CONTEXT_MOVED, "the page is on another node now; try again")
                : new CarillonException(ErrorCode.NOT_FOUND, "the page has ended; load it again");
    }

    OpenPage describe() {
        return new OpenPage(
                id, owner.tenant(), owner.session(), Optional.ofNullable(owner.user()), path(), hasStream(), loaded);
    }

    /**
     * Sends a patch to the tab: with the changes of the code that runs now, or at once. While no stream is open, it waits for the next one.
     *
     * @throws CarillonException {@code too-large}
     */
    void patch(Patch patch) {
        connection.add(patch);
        refresh();
    }

    /** Sets inputs to the texts of their fields in the browser. Holds the lock. */
    void receive(Map<TabSignal<?>, String> inputs) {
        fields.receive(inputs);
        inputs.forEach(TabSignal::setParsed);
    }

    /** Whether the script of the page keeps the values of inputs. */
    boolean keepsSignals() {
        return page.protocol().renderer().keepsSignals();
    }

    /**
     * The inputs that have other values than a script that keeps them; null: none.
     *
     * @param sent by the request
     * @param pressed names of those that a button has sent
     */
    public Patch.@Nullable Signals rewritten(Map<String, String> sent, Set<String> pressed) {
        List<TabSignal<?>> other = keepsSignals() ? parts.rewritten(sent, pressed) : List.of();
        return other.isEmpty() ? null : BrowserFields.patch(other);
    }

    @Override
    public @Nullable String binding(String name) {
        return page.protocol().markup().binding(name);
    }

    /** Renders all views for the first time. If one fails, the context must be {@linkplain #close() closed}. */
    void open() {
        lock.lock();
        try {
            views.open(parts.views());
            if (saves.isRevived()) {
                views.loadedElsewhere();
                // The browser has what it sent last, or what the user has typed since.
                fields.receive(parts.inputTexts());
            }
        } finally {
            lock.unlock();
        }
        events.start();
        built = true;
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
                throw ContextOpening.ended();
            }
            flush();
            fields.loaded();
            return layout.render(views.load());
        } finally {
            lock.unlock();
        }
    }

    /** @throws CarillonException {@code overloaded} when an action runs for too long */
    void lockWithin(Duration limit) {
        try {
            if (lock.tryLock(limit.toMillis(), TimeUnit.MILLISECONDS)) {
                return;
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        throw new CarillonException(ErrorCode.OVERLOADED, "an action of this page has not ended yet; try again");
    }

    /** The topics that the stream of the tab is in. */
    public List<Scope> topics() {
        return views.topics();
    }

    /** Sends what has changed since the page was loaded: the stream may be a new one after a lost connection. */
    void opened(ClientStream opened) {
        connection.opened(opened);
        if (closed) {
            // It ended while its stream was opening. One that has moved is found by the next stream.
            if (!moved) {
                connection.reload();
            }
            opened.close(CloseReason.APPLICATION);
            return;
        }
        views.resend();
        resend = true;
        refresh();
        timers.start();
        hooks.connected(tasks);
        CompletableFuture<?> _ = saves.saveIdle();
    }

    /** @return the stream, if it was that of the tab; it {@linkplain TabStream#ended() ends} when the application knows of it */
    @Nullable
    TabStream closed(ClientStream ended) {
        TabStream known = connection.closed(ended);
        if (known != null) {
            timers.stop();
            hooks.disconnected(tasks);
        }
        return known;
    }

    /** As {@link TabConnection#release}. */
    public void release() {
        connection.release();
    }

    @Override
    public void changed(SignalKey key) {
        saves.changed();
        changed.add(key);
        refresh();
    }

    /** @throws CarillonException {@code too-many-requests} or {@code overloaded} when the memory budget refuses */
    @Override
    public void resize(int more) {
        memory.resize(more);
    }

    @Override
    public void changed(Set<SignalKey> keys) {
        changed.addAll(keys);
        refresh();
    }

    /**
     * Renders all views of the tab again and sends them, because their templates are others now.
     *
     * @throws CarillonException {@code overloaded} when an action runs for too long
     */
    void renderAgain() {
        lockWithin(tenant.actionTimeout());
        try {
            if (!closed && built) {
                connection.send(views.renderAgain());
            }
        } finally {
            lock.unlock();
        }
    }

    /** Renders and sends the changed views, unless the holder of the lock will do it. */
    void refresh() {
        if (lock.isHeldByCurrentThread()) {
            return;
        }
        while ((resend || !changed.isEmpty() || connection.isDue()) && lock.tryLock()) {
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
        boolean signals = keepsSignals();
        if (signals) {
            fields.changed(parts.inputs(keys));
        }
        List<Patch> sent = new ArrayList<>(views.changes(keys, signals ? Set.of() : fields.takeRewritten(), all));
        Patch.Signals unsent = connection.isOpen() ? fields.takeUnsent() : null;
        if (unsent != null) {
            sent.add(unsent);
        }
        if (connection.isOpen()) {
            connection.sendAll(sent);
        }
    }

    /** Releases what others hold for this context; may be called again. */
    void close() {
        timers.stop();
        background.end();
        events.close();
        lock.lock();
        try {
            closed = true;
            views.close();
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

    /** Ends what waits, without what the page does at its end, and the stream, whose client comes back on the node that has the context now. */
    void leave() {
        tasks.end();
        connection.close();
    }
}
