package dev.carillon.transport;

import dev.carillon.fanout.IoThread;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.xnio.ChannelPipe;
import org.xnio.XnioIoThread;
import org.xnio.channels.StreamSinkChannel;
import org.xnio.channels.StreamSourceChannel;

/**
 * The server's I/O threads as fan-out knows them. XNIO runs every task that waits, also those that come meanwhile, before it looks after
 * its sockets again; so what is to come after them is woken by a pipe of the thread's own, which is a socket like the others. Its
 * descriptors are closed with the thread.
 */
final class XnioThreads {
    private final Map<XnioIoThread, IoThread> threads = new ConcurrentHashMap<>();

    IoThread of(XnioIoThread thread) {
        return threads.computeIfAbsent(thread, OneThread::new);
    }

    private static final class OneThread implements IoThread {
        private static final long WITHOUT_PIPE_MILLIS = 1;

        private final XnioIoThread thread;
        private final ByteBuffer token = ByteBuffer.allocateDirect(1);
        private final ByteBuffer taken = ByteBuffer.allocateDirect(16);
        private @Nullable StreamSinkChannel wake;
        /** Set and read on the I/O thread only. */
        private @Nullable Runnable next;

        OneThread(XnioIoThread thread) {
            this.thread = thread;
            try {
                ChannelPipe<StreamSourceChannel, StreamSinkChannel> pipe = thread.createHalfDuplexPipe();
                StreamSourceChannel source = pipe.getLeftSide();
                source.getReadSetter().set(this::run);
                source.resumeReads();
                wake = pipe.getRightSide();
            } catch (IOException e) {
                // No descriptor is left: a timer does it too, but not at once.
                wake = null;
            }
        }

        @Override
        public void execute(Runnable task) {
            thread.execute(task);
        }

        @Override
        public void executeAfterPolling(Runnable task) {
            next = task;
            StreamSinkChannel to = wake;
            try {
                if (to != null && to.write(token.clear()) == 1) {
                    return;
                }
            } catch (IOException e) {
                wake = null;
            }
            thread.executeAfter(this::runNext, WITHOUT_PIPE_MILLIS, TimeUnit.MILLISECONDS);
        }

        private void run(StreamSourceChannel source) {
            try {
                source.read(taken.clear());
            } catch (IOException e) {
                source.suspendReads();
            }
            runNext();
        }

        private void runNext() {
            Runnable task = next;
            next = null;
            if (task != null) {
                task.run();
            }
        }
    }
}
