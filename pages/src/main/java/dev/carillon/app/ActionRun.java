package dev.carillon.app;

import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/** One run of an action: collects the shared signals that it changes, so that their views are sent together when it has ended. */
final class ActionRun {
    private static final ScopedValue<ActionRun> CURRENT = ScopedValue.newInstance();

    private final Set<SignalKey> changed = ConcurrentHashMap.newKeySet();
    private volatile boolean expired;

    void run(Runnable action) {
        ScopedValue.where(CURRENT, this).run(action);
    }

    /** After this, the action cannot change signals any more. */
    void expire() {
        expired = true;
    }

    boolean hasExpired() {
        return expired;
    }

    Set<SignalKey> changed() {
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
