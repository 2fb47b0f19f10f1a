package dev.carillon.socket;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.util.Arrays;

/**
 * Sends through an io_uring (Linux 6.1 or newer): one system call for all sockets of a call. Offsets and numbers are those of {@code linux/io_uring.h}. No
 * send waits for its socket; all have completed when the call returns, and the bytes belong to the caller again.
 */
final class IoUringSender implements BulkSender {
    private static final long SETUP = 425;
    private static final long ENTER = 426;
    /** {@code IORING_SETUP_COOP_TASKRUN | SINGLE_ISSUER | DEFER_TASKRUN}: one thread, which fetches its results itself. */
    private static final int SETUP_FLAGS = 1 << 8 | 1 << 12 | 1 << 13;
    /** {@code IORING_FEAT_SINGLE_MMAP}: both rings are in one piece. */
    private static final int ONE_PIECE = 1;

    private static final long ENTRIES_OFFSET = 0x10000000L;
    private static final long GET_EVENTS = 1;
    private static final byte OP_SEND = 26;
    private static final int ENTRY = 64;
    private static final int RESULT = 16;
    private static final int INTERRUPTED = -4;
    private static final VarHandle INT = JAVA_INT.varHandle();

    private final Arena arena = Arena.ofShared();
    private final MemorySegment state;
    private final int ring;
    private final MemorySegment rings;
    private final MemorySegment entries;
    private final long tail;
    private final int mask;
    private final long resultsHead;
    private final long resultsTail;
    private final int resultsMask;
    private final long results;

    /**
     * Must be called by the thread that will use it.
     *
     * @throws UnsupportedOperationException if the kernel does not support io_uring or does not allow it
     */
    IoUringSender() {
        state = SystemCalls.state(arena);
        MemorySegment set = arena.allocate(120, 8);
        set.set(JAVA_INT, 8, SETUP_FLAGS);
        long made = SystemCalls.call(state, SETUP, MAX_SOCKETS, set.address(), 0, 0, 0, 0);
        if (made < 0) {
            arena.close();
            throw new UnsupportedOperationException("io_uring_setup failed with error " + -made);
        }
        ring = (int) made;
        try {
            if ((set.get(JAVA_INT, 20) & ONE_PIECE) == 0) {
                throw new UnsupportedOperationException("this kernel's io_uring is too old");
            }
            int slots = set.get(JAVA_INT, 0);
            long array = Integer.toUnsignedLong(set.get(JAVA_INT, 64));
            results = Integer.toUnsignedLong(set.get(JAVA_INT, 100));
            long length = Math.max(array + slots * 4L, results + set.get(JAVA_INT, 4) * (long) RESULT);
            rings = SystemCalls.map(arena, state, ring, 0, length);
            entries = SystemCalls.map(arena, state, ring, ENTRIES_OFFSET, slots * (long) ENTRY);
            tail = set.get(JAVA_INT, 44);
            mask = rings.get(JAVA_INT, set.get(JAVA_INT, 48));
            resultsHead = set.get(JAVA_INT, 80);
            resultsTail = set.get(JAVA_INT, 84);
            resultsMask = rings.get(JAVA_INT, set.get(JAVA_INT, 88));
            for (int i = 0; i < slots; i++) {
                rings.set(JAVA_INT, array + i * 4L, i);
                entries.set(JAVA_BYTE, i * (long) ENTRY, OP_SEND);
                entries.set(JAVA_INT, i * (long) ENTRY + 28, SystemCalls.SEND_FLAGS);
            }
        } catch (RuntimeException e) {
            close();
            throw e;
        }
    }

    @Override
    public void send(int[] sockets, int count, ByteBuffer bytes, int[] accepted) {
        MemorySegment from = MemorySegment.ofBuffer(bytes);
        Arrays.fill(accepted, 0, count, -1);
        int next = rings.get(JAVA_INT, tail);
        for (int i = 0; i < count; i++) {
            long entry = (next + i & mask) * (long) ENTRY;
            entries.set(JAVA_INT, entry + 4, sockets[i]);
            entries.set(JAVA_LONG, entry + 16, from.address());
            entries.set(JAVA_INT, entry + 24, (int) from.byteSize());
            entries.set(JAVA_LONG, entry + 32, i);
        }
        INT.setRelease(rings, tail, next + count);
        int unsent = count;
        int missing = count;
        while (missing > 0) {
            long result = SystemCalls.call(state, ENTER, ring, unsent, missing, GET_EVENTS, 0, 0);
            if (result < 0 && result != INTERRUPTED) {
                // Which sends were made is unknown, and the ring cannot be used any more.
                throw new IllegalStateException("io_uring_enter failed with error " + -result);
            }
            unsent -= (int) Math.max(0, result);
            missing -= fetch(accepted);
        }
    }

    /** Reads the completed sends and returns their number. */
    private int fetch(int[] accepted) {
        int head = rings.get(JAVA_INT, resultsHead);
        int end = (int) INT.getAcquire(rings, resultsTail);
        for (int i = head; i != end; i++) {
            long result = results + (i & resultsMask) * (long) RESULT;
            accepted[(int) rings.get(JAVA_LONG, result)] = rings.get(JAVA_INT, result + 8);
        }
        INT.setRelease(rings, resultsHead, end);
        return end - head;
    }

    @Override
    public void close() {
        arena.close();
        SystemCalls.close(ring);
    }
}
