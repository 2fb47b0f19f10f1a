package dev.carillon.socket;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.VarHandle;

/** Functions of the C library on Linux that the JDK has no equivalent for. */
@SuppressWarnings("restricted") // Loaded only if the JVM was started with native access.
final class SystemCalls {
    /** {@code MSG_DONTWAIT | MSG_NOSIGNAL}: never blocks, and a client that has gone is an error, not a signal. */
    static final int SEND_FLAGS = 0x40 | 0x4000;

    private static final Linker LINKER = Linker.nativeLinker();
    private static final MemoryLayout STATE = Linker.Option.captureStateLayout();
    private static final VarHandle ERRNO = STATE.varHandle(MemoryLayout.PathElement.groupElement("errno"));

    /**
     * Critical: the call skips the thread state transition of other native calls, which delays a garbage collection by the few microseconds that a
     * non-blocking send takes.
     */
    private static final MethodHandle SEND = LINKER.downcallHandle(
            LINKER.defaultLookup().findOrThrow("send"),
            FunctionDescriptor.of(JAVA_LONG, JAVA_INT, JAVA_LONG, JAVA_LONG, JAVA_INT),
            Linker.Option.critical(false));

    private static final MethodHandle SYSCALL = LINKER.downcallHandle(
            LINKER.defaultLookup().findOrThrow("syscall"),
            FunctionDescriptor.of(
                    JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG),
            Linker.Option.firstVariadicArg(1),
            Linker.Option.captureCallState("errno"));

    private static final MethodHandle MMAP = LINKER.downcallHandle(
            LINKER.defaultLookup().findOrThrow("mmap"),
            FunctionDescriptor.of(ADDRESS, ADDRESS, JAVA_LONG, JAVA_INT, JAVA_INT, JAVA_INT, JAVA_LONG),
            Linker.Option.captureCallState("errno"));

    private static final MethodHandle MUNMAP = LINKER.downcallHandle(
            LINKER.defaultLookup().findOrThrow("munmap"), FunctionDescriptor.of(JAVA_INT, ADDRESS, JAVA_LONG));

    private static final MethodHandle CLOSE = LINKER.downcallHandle(
            LINKER.defaultLookup().findOrThrow("close"), FunctionDescriptor.of(JAVA_INT, JAVA_INT));

    private static final int PROT_READ_WRITE = 1 | 2;
    /** {@code MAP_SHARED | MAP_POPULATE}. */
    private static final int MAP_FLAGS = 1 | 0x8000;

    private SystemCalls() {}

    /** Does nothing; the first call loads the functions. */
    static void load() {}

    /** Returns the number of bytes accepted; below 0: none. */
    static long send(int socket, long address, long length) {
        try {
            return (long) SEND.invokeExact(socket, address, length, SEND_FLAGS);
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    /**
     * Makes a system call with six arguments.
     *
     * @param number of the system call
     * @param state captures errno; made by {@link #state} for the calling thread
     * @return the result; below 0: the negated errno
     */
    static long call(MemorySegment state, long number, long a, long b, long c, long d, long e, long f) {
        try {
            long result = (long) SYSCALL.invokeExact(state, number, a, b, c, d, e, f);
            return result < 0 ? -errno(state) : result;
        } catch (Throwable t) {
            throw unexpected(t);
        }
    }

    /** Allocates memory in which calls store errno. */
    static MemorySegment state(Arena arena) {
        return arena.allocate(STATE);
    }

    /**
     * Maps memory that is shared with the kernel until the arena closes.
     *
     * @throws UnsupportedOperationException if the mapping fails
     */
    static MemorySegment map(Arena arena, MemorySegment state, int descriptor, long offset, long length) {
        try {
            MemorySegment mapped = (MemorySegment)
                    MMAP.invokeExact(state, MemorySegment.NULL, length, PROT_READ_WRITE, MAP_FLAGS, descriptor, offset);
            if (mapped.address() == -1) {
                throw new UnsupportedOperationException("mmap failed with error " + errno(state));
            }
            return mapped.reinterpret(length, arena, memory -> unmap(memory, length));
        } catch (UnsupportedOperationException e) {
            throw e;
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    private static void unmap(MemorySegment memory, long length) {
        try {
            int _ = (int) MUNMAP.invokeExact(memory, length);
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    static void close(int descriptor) {
        try {
            int _ = (int) CLOSE.invokeExact(descriptor);
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    private static int errno(MemorySegment state) {
        return (int) ERRNO.get(state, 0L);
    }

    /** A method handle throws only if it is called with wrong types. */
    private static IllegalStateException unexpected(Throwable e) {
        return new IllegalStateException("a native call failed", e);
    }
}
