package dev.carillon.authorizer;

import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.Set;
import java.util.concurrent.Executor;

/**
 * Bounds the requests to the application: at most {@value #MAX_OPEN} are open, and {@value #MAX_WAITING} wait in order. Beyond that a request is refused.
 * Questions about open connections leave {@value #RESERVED} places to those of new ones. Thread-safe.
 */
final class QuestionQueue {
    static final int MAX_OPEN = 64;
    static final int MAX_WAITING = 4_096;
    static final int RESERVED = 1_024;

    private final Executor executor;
    /** Guards itself and the number below. */
    private final Set<Runnable> waiting = new LinkedHashSet<>();

    private int open;

    QuestionQueue(Executor executor) {
        this.executor = executor;
    }

    enum Admission {
        /** The caller sends now. */
        OPEN,
        /** The action runs later. */
        WAITING,
        REFUSED
    }

    /** @param send sends the request if it has to wait; a new object for each request */
    Admission admit(Runnable send) {
        synchronized (waiting) {
            if (open < MAX_OPEN) {
                open++;
                return Admission.OPEN;
            }
            return waiting.size() < MAX_WAITING && waiting.add(send) ? Admission.WAITING : Admission.REFUSED;
        }
    }

    /** Whether there is a place for a question that can be asked later. */
    boolean hasRoom() {
        synchronized (waiting) {
            return waiting.size() < MAX_WAITING - RESERVED;
        }
    }

    int waiting() {
        synchronized (waiting) {
            return waiting.size();
        }
    }

    /** Ends a request: false if it was still waiting; otherwise its place goes to the next one. */
    boolean release(Runnable send) {
        Runnable next;
        synchronized (waiting) {
            if (waiting.remove(send)) {
                return false;
            }
            Iterator<Runnable> first = waiting.iterator();
            if (!first.hasNext()) {
                open--;
                return true;
            }
            next = first.next();
            first.remove();
        }
        // Not on this stack: requests that fail at once would recurse.
        executor.execute(next);
        return true;
    }
}
