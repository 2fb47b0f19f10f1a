package dev.carillon.context;

import dev.carillon.broker.Store;

/** The server-side state of one open tab or client. Its mutable fields belong to {@link Contexts} and are guarded by it. */
public final class Context {
    private final String id;
    private final ContextOwner owner;
    private ContextState state;
    /** Increases with each connection, so that the end of an earlier one does not detach a later one. */
    private int connection = 1;

    private long renewedNanos;
    /** Of the record in the store, as last written; not guarded. */
    private volatile long revision = Store.ANY;

    Context(String id, ContextOwner owner, ContextState state, long nowNanos) {
        this.id = id;
        this.owner = owner;
        this.state = state;
        this.renewedNanos = nowNanos;
    }

    /** 22 characters of base64url: 128 random bits. */
    public String id() {
        return id;
    }

    public ContextOwner owner() {
        return owner;
    }

    ContextState state() {
        return state;
    }

    void state(ContextState next) {
        state = next;
    }

    int connection() {
        return connection;
    }

    void nextConnection() {
        connection++;
    }

    long revision() {
        return revision;
    }

    void revision(long written) {
        revision = written;
    }

    long renewedNanos() {
        return renewedNanos;
    }

    void renewed(long nowNanos) {
        renewedNanos = nowNanos;
    }
}
