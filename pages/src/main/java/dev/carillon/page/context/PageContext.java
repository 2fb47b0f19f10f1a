package dev.carillon.page.context;

import dev.carillon.base.CarillonException;
import dev.carillon.base.ErrorCode;
import dev.carillon.extension.ClientStream;
import dev.carillon.page.Views;
import dev.carillon.page.signal.Dependent;
import dev.carillon.page.signal.SignalKey;
import dev.carillon.page.signal.TabSignal;
import dev.carillon.page.view.PatchSender;
import dev.carillon.page.view.ReadIndex;
import dev.carillon.page.view.TenantPages;
import dev.carillon.page.view.View;
import dev.carillon.page.view.ViewGroup;
import dev.carillon.scope.Scope;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Function;
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
    private final PatchSender sender;
    private final LongAdder renders;
    private final ReadIndex reads;
    private final Map<String, TabSignal<?>> signals = new HashMap<>();
    private final Map<String, Runnable> actions = new HashMap<>();
    private final Map<String, PageUpload> uploads = new HashMap<>();
    /** The scope of each view, in the order of declaration; a null scope is that of the tab. */
    private final Map<String, Declared> declared = new LinkedHashMap<>();

    private final Map<Scope, ViewGroup> groups = new LinkedHashMap<>();
    private final Set<SignalKey> changed = ConcurrentHashMap.newKeySet();
    private final AtomicInteger waiting = new AtomicInteger();
    private final ReentrantLock lock = new ReentrantLock();
    private volatile @Nullable ClientStream stream;
    private volatile boolean resend;
    private Function<Views, String> layout = Views::all;
    private String title;
    private String head = "";
    // Below: guarded by lock.
    private final Map<String, View> views = new LinkedHashMap<>();
    /** Versions of the views in the page that the browser loaded. */
    private volatile Map<String, Long> seen = Map.of();

    private boolean closed;

    private record Declared(@Nullable Scope scope, Supplier<String> source) {}

    PageContext(
            String id,
            ClientIdentity owner,
            TenantPages tenant,
            PageDefinition page,
            String path,
            PatchSender sender,
            LongAdder renders) {
        this.id = id;
        this.owner = owner;
        this.tenant = tenant;
        this.page = page;
        this.path = path;
        this.title = path;
        this.sender = sender;
        this.renders = renders;
        this.reads = new ReadIndex(tenant.dependents(), this);
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

    void layout(Function<Views, String> html) {
        layout = html;
    }

    <T> TabSignal<T> add(TabSignal<T> signal) {
        requireNew("signal", signal.name(), signals.putIfAbsent(signal.name(), signal));
        if (signal.isWritable()) {
            requireNew("field", signal.name(), uploads.get(signal.name()));
        }
        return signal;
    }

    PageUpload add(PageUpload upload) {
        requireNew("upload", upload.name(), uploads.putIfAbsent(upload.name(), upload));
        requireNew("field", upload.name(), input(upload.name()));
        return upload;
    }

    /** The files that a form may send in a field of this name; null: none. */
    public @Nullable PageUpload upload(String name) {
        return uploads.get(name);
    }

    void add(String action, Runnable run) {
        requireNew("action", action, actions.putIfAbsent(action, run));
    }

    void add(String view, @Nullable Scope scope, Supplier<String> source) {
        requireNew("view", view, declared.putIfAbsent(view, new Declared(scope, source)));
    }

    private static void requireNew(String kind, String name, @Nullable Object before) {
        if (before != null) {
            throw new IllegalArgumentException(kind + " \"" + name + "\" is declared twice");
        }
    }

    @Nullable
    Runnable action(String name) {
        return actions.get(name);
    }

    /** The signal that the form field of this name writes; null: there is none. */
    @Nullable
    TabSignal<?> input(String name) {
        TabSignal<?> signal = signals.get(name);
        return signal != null && signal.isWritable() ? signal : null;
    }

    /** Renders all views for the first time. If one fails, the context must be {@linkplain #close() closed}. */
    void open() {
        Map<Scope, Map<String, Supplier<String>>> shared = new LinkedHashMap<>();
        lock.lock();
        try {
            declared.forEach((name, view) -> {
                Scope scope = view.scope();
                if (scope != null) {
                    shared.computeIfAbsent(scope, s -> new LinkedHashMap<>()).put(name, view.source());
                } else {
                    View own = new View(name, Scope.tab(id));
                    views.put(name, own);
                    renders.increment();
                    boolean _ = own.render(view.source(), reads::add);
                }
            });
            shared.forEach((scope, sources) -> groups.put(scope, tenant.join(this, page.pattern(), scope, sources)));
        } finally {
            lock.unlock();
        }
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
            declared.forEach((name, view) -> contents.put(name, content(name, view.scope())));
            Map<String, Long> versions = new HashMap<>();
            contents.forEach((name, content) -> versions.put(name, content.version()));
            seen = Map.copyOf(versions);
            return layout.apply(new RenderedViews(contents));
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
    public void opened(ClientStream opened) {
        stream = opened;
        Scope tab = Scope.tab(id);
        groups.values().forEach(group -> group.resend(tab, seen));
        resend = true;
        refresh();
    }

    public void closed(ClientStream ended) {
        if (ended.equals(stream)) {
            stream = null;
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
        while ((resend || !changed.isEmpty()) && lock.tryLock()) {
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
        List<View.Content> contents = new ArrayList<>();
        views.forEach((name, view) -> {
            boolean renewed = view.readsAny(keys) && renderOrLog(name, view);
            if (renewed || all && !Long.valueOf(view.version()).equals(seen.get(name))) {
                contents.add(view.content());
            }
        });
        reads.keepOnly(views.values());
        if (stream != null) {
            sender.send(owner.tenant(), Scope.tab(id), contents);
        }
    }

    private boolean renderOrLog(String name, View view) {
        Declared source = declared.get(name);
        if (source == null) {
            return false;
        }
        try {
            renders.increment();
            return view.render(source.source(), reads::add);
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
}
