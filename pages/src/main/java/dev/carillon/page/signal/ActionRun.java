package dev.carillon.page.signal;

import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/** One run of an action: collects the shared signals that it changes, so that their views are sent together when it has ended. */
public final class ActionRun {
    private static final ScopedValue<ActionRun> CURRENT = ScopedValue.newInstance();

    private final @Nullable String key;
    private final @Nullable Runnable claim;
    private final Set<SignalKey> changed = ConcurrentHashMap.newKeySet();
    private volatile boolean expired;
    /** Guarded by changed. */
    private boolean claimed;

    /** Guarded by this. */
    private boolean ended;

    /** Of code that is no action. */
    public ActionRun() {
        this(null, null);
    }

    /**
     * The run of an action.
     *
     * @param key of the action
     * @param claim called before the first effect outside of the tab; if it fails, the effect does not happen. Null: nothing
     */
    public ActionRun(@Nullable String key, @Nullable Runnable claim) {
        this.key = key;
        this.claim = claim;
    }

    /** The key of the action that this thread runs; null: none. */
    public static @Nullable String currentKey() {
        return CURRENT.isBound() ? CURRENT.get().key : null;
    }

    /** Called before each effect outside of the tab. */
    public static void effect() {
        if (CURRENT.isBound()) {
            CURRENT.get().claim();
        }
    }

    private void claim() {
        Runnable first = claim;
        if (first == null) {
            return;
        }
        synchronized (changed) {
            if (!claimed) {
                first.run();
                claimed = true;
            }
        }
    }

    public void run(Runnable action) {
        try {
            ScopedValue.where(CURRENT, this).run(action);
        } finally {
            end();
        }
    }

    /** From here on the time limit interrupts the thread no more: it renders. */
    private synchronized void end() {
        ended = true;
        boolean _ = Thread.interrupted();
    }

    /**
     * Interrupts the action, which cannot change signals any more.
     *
     * @return false: it has ended before
     */
    public synchronized boolean expire(Thread thread) {
        if (ended) {
            return false;
        }
        expired = true;
        thread.interrupt();
        return true;
    }

    public boolean hasExpired() {
        return expired;
    }

    public Set<SignalKey> changed() {
        return changed;
    }

    /** Notes a change; false: no action runs on this thread. */
    static boolean note(SignalKey key) {
        if (!CURRENT.isBound()) {
            return false;
        }
        CURRENT.get().changed.add(key);
        return true;
    }

    /** @throws IllegalStateException in an action whose time limit has passed */
    static void requireOpen() {
        if (CURRENT.isBound() && CURRENT.get().expired) {
            throw new IllegalStateException("the time limit of the action has passed: it changes no more signals");
        }
    }
}
