package dev.carillon.page.context;

import dev.carillon.base.CarillonException;
import dev.carillon.extension.ClientContexts;

/** What a context is charged for the values of its signals. Thread-safe. */
final class SignalMemory {
    /** Characters of signals that are in {@link PageContext#BYTES}. */
    private static final int INCLUDED_CHARS = 2 * 1024;
    /** Memory of a further character: the value, its text in the journal, and that of a write in flight. */
    private static final int BYTES_PER_CHAR = 3;

    private final ClientContexts contexts;
    private final String id;
    /** Of the values of all signals as text; with what the context is charged, guarded by this. */
    private long chars;

    /** @param id of the context */
    SignalMemory(ClientContexts contexts, String id) {
        this.contexts = contexts;
        this.id = id;
    }

    /** @throws CarillonException {@code too-many-requests} or {@code overloaded} when the memory budget refuses */
    synchronized void resize(int more) {
        long next = chars + more;
        if (Math.max(next, chars) > INCLUDED_CHARS) {
            contexts.resize(id, PageContext.BYTES + BYTES_PER_CHAR * Math.max(0, next - INCLUDED_CHARS));
        }
        chars = next;
    }
}
