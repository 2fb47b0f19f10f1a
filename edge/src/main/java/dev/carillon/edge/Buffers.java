package dev.carillon.edge;

import io.undertow.connector.PooledByteBuffer;
import io.undertow.server.DefaultByteBufferPool;

/** Undertow's buffer pool with its default sizes, which reports a failed allocation to {@link OutOfMemory}. */
public final class Buffers extends DefaultByteBufferPool {
    private static final long SMALL_HEAP = 64L << 20;
    private static final long MEDIUM_HEAP = 128L << 20;
    private static final int SMALL_BYTES = 512;
    private static final int MEDIUM_BYTES = 1024;
    /** With what a frame of HTTP/2 adds, or a record of TLS, they fit into 16 KiB. */
    private static final int BYTES = 16 * 1024 - 20;

    private static final int THREAD_CACHE = 4;

    private Buffers(boolean direct, int bytes) {
        super(direct, bytes, -1, THREAD_CACHE);
    }

    /** By the largest heap that the process may have, as Undertow decides. */
    public static Buffers forThisProcess() {
        long heap = Runtime.getRuntime().maxMemory();
        return new Buffers(
                heap >= SMALL_HEAP, heap < SMALL_HEAP ? SMALL_BYTES : heap < MEDIUM_HEAP ? MEDIUM_BYTES : BYTES);
    }

    @Override
    public PooledByteBuffer allocate() {
        try {
            return super.allocate();
        } catch (OutOfMemoryError e) {
            OutOfMemory.happened(e);
            throw e;
        }
    }
}
