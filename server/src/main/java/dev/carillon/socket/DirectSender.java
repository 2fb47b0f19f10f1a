package dev.carillon.socket;

import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;

/** Calls send(2) for each socket, without the locks and state of the JDK's channels. */
final class DirectSender implements BulkSender {
    @Override
    public void send(int[] sockets, int count, ByteBuffer bytes, int[] accepted) {
        MemorySegment from = MemorySegment.ofBuffer(bytes);
        long address = from.address();
        long length = from.byteSize();
        for (int i = 0; i < count; i++) {
            accepted[i] = (int) SystemCalls.send(sockets[i], address, length);
        }
    }

    @Override
    public void close() {
        // Holds no resources.
    }
}
