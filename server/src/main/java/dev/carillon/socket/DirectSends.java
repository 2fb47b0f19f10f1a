package dev.carillon.socket;

import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;

/** One send(2) for each socket: without the locks and the states of a channel of the JDK. */
final class DirectSends implements Sends {
    @Override
    public void send(int[] sockets, int count, ByteBuffer bytes, int[] taken) {
        MemorySegment from = MemorySegment.ofBuffer(bytes);
        long address = from.address();
        long length = from.byteSize();
        for (int i = 0; i < count; i++) {
            taken[i] = (int) SystemCalls.send(sockets[i], address, length);
        }
    }

    @Override
    public void close() {
        // It holds nothing.
    }
}
