package dev.carillon.edge;

import io.undertow.connector.PooledByteBuffer;
import io.undertow.server.DefaultByteBufferPool;

/** Undertow's buffer pool with its default sizes, which reports a failed allocation to {@link OutOfMemory}. */
public final class BufferPool extends DefaultByteBufferPool {
    private static final long SMALL_HEAP = 64L << 20;
    private static final long MEDIUM_HEAP = 128L << 20;
    private static final int SMALL_BYTES = 512;
    private static final int MEDIUM_BYTES = 1024;
    /** Leaves space for the overhead of an HTTP/2 frame or TLS record within 16 KiB. */
    private static final int BYTES = 16 * 1024 - 20;

    private static final int THREAD_CACHE = 4;

    private BufferPool(boolean direct, int bytes) {
        super(direct, bytes, -1, THREAD_CACHE);
    }

    /** Returns a pool with the buffer size that Undertow chooses for the maximum heap of this process. */
    public static BufferPool forThisProcess() {
        long heap = Runtime.getRuntime().maxMemory();
        return new BufferPool(
                heap >= SMALL_HEAP, heap < SMALL_HEAP ? SMALL_BYTES : heap < MEDIUM_HEAP ? MEDIUM_BYTES : BYTES);
    }

    @Override
    public PooledByteBuffer allocate() {
        try {
            return super.allocate();
        } catch (OutOfMemoryError e) {
            OutOfMemory.handle(e);
            throw e;
        }
    }
}
