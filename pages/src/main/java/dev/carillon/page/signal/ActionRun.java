package dev.carillon.page.signal;

import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/** One run of an action: collects the shared signals that it changes, so that their views are sent together when it has ended. */
public final class ActionRun {
    private static final ScopedValue<ActionRun> CURRENT = ScopedValue.newInstance();

    private final Set<SignalKey> changed = ConcurrentHashMap.newKeySet();
    private volatile boolean expired;
    /** Guarded by this. */
    private boolean ended;

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
