package dev.carillon.fanout;

import dev.carillon.scope.Position;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Socket descriptors of the members of a list that fully accepted its last event and have an empty outbox. The next event is sent to such a
 * socket without accessing the connection. While a descriptor is cached, its last delivered position is kept here, not in the {@link
 * Connection}. Confined to the list's I/O thread.
 */
final class CachedSockets {
    private static final int FORMAT_SHIFT = 24;

    /** Descriptor and format of each slot, or 0. */
    private int[] sockets;

    private Position lastAt = Position.NONE;
    private @Nullable String lastId;
    private int lastWrite;

    CachedSockets(int slots) {
        sockets = new int[slots];
    }

    void grow(int slots) {
        sockets = Arrays.copyOf(sockets, slots);
    }

    /** The packed descriptor and format of a slot; 0: not cached. */
    int at(int slot) {
        return sockets[slot];
    }

    void put(int slot, int socket) {
        sockets[slot] = socket;
    }

    /** Packs a descriptor and a format number into an int; 0: the descriptor cannot be cached. */
    static int pack(int descriptor, int format) {
        return descriptor > 0 && descriptor >>> FORMAT_SHIFT == 0 ? format << FORMAT_SHIFT | descriptor : 0;
    }

    static int descriptor(int socket) {
        return socket & (1 << FORMAT_SHIFT) - 1;
    }

    static int format(int socket) {
        return socket >>> FORMAT_SHIFT;
    }

    /** Records a write to all cached sockets. */
    void wrote(Batch batch, int second) {
        lastAt = batch.lastAt();
        lastId = batch.last().about().id();
        lastWrite = second;
    }

    /** Position of the last event that was written to all cached sockets, in the log of the list's tenant. */
    Position lastAt() {
        return lastAt;
    }

    /** Id of the event at {@link #lastAt}; null: none. */
    @Nullable
    String lastId() {
        return lastId;
    }

    /** The worker's second of the last write. */
    int lastWrite() {
        return lastWrite;
    }
}
