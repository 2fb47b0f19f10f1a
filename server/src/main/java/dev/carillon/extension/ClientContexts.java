package dev.carillon.extension;

import java.util.function.Consumer;

/**
 * Contexts that an extension creates for a client before its first stream, for example with the page that opens the stream. Thread-safe; never
 * blocks.
 */
public interface ClientContexts {
    /** Contexts without a stream that one client may have; beyond that its oldest one ends. */
    int MAX_WITHOUT_STREAM = 20;

    /**
     * Creates a context of the client of a request. It ends 30 minutes after the last call of {@link #keep} if no stream opens, and after the setting
     * {@code context-linger} when its last stream has ended. A stream with the parameter {@code context} of the same client gets it.
     *
     * @param bytes memory of the extension for this context, charged to the memory budget of the node until the context ends
     * @return its id
     * @throws dev.carillon.base.CarillonException {@code too-many-requests} or {@code overloaded} when the memory budget refuses the bytes
     */
    String create(Request request, int bytes);

    /**
     * Takes over a context from another node, or one that has ended here, for the client of a request. The extension must know that the context was one
     * of this client.
     *
     * @param id of {@link #create}, on any node
     * @param bytes as at {@link #create}
     * @param returning whether the request opens the stream of the context; otherwise it waits as a new one
     * @return false: this node has a context of this id
     * @throws dev.carillon.base.CarillonException as {@link #create}
     */
    boolean adopt(Request request, String id, int bytes, boolean returning);

    /**
     * Changes what a context is charged, before its memory grows. No effect when the context has ended.
     *
     * @param bytes in all, instead of those at {@link #create}
     * @throws dev.carillon.base.CarillonException as {@link #create}; the charge stays as it was
     */
    void resize(String id, long bytes);

    /** Gives up a context that moves to another node. Listeners are not called, and a stream stays open, without the context. */
    void release(String id);

    /** Prolongs the life of a context without a stream; false: the context has ended. */
    boolean keep(String id);

    /** Ends a context without a stream. */
    void end(String id);

    /** Adds a listener for the ids of contexts that have ended; it must not block. */
    void onEnd(Consumer<String> listener);
}
