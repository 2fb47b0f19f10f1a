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
 * The server's I/O threads for fan-out. XNIO runs all queued tasks, including those added meanwhile, before it polls its sockets again. A
 * task that must run after the sockets is therefore triggered by a pipe of the thread, which XNIO polls like a socket. The pipe is closed
 * with the thread.
 */
final class XnioThreads {
    private final Map<XnioIoThread, IoThread> threads = new ConcurrentHashMap<>();

    IoThread of(XnioIoThread thread) {
        return threads.computeIfAbsent(thread, OneThread::new);
    }

    private static final class OneThread implements IoThread {
        private static final long FALLBACK_MILLIS = 1;

        private final XnioIoThread thread;
        private final ByteBuffer token = ByteBuffer.allocateDirect(1);
        private final ByteBuffer received = ByteBuffer.allocateDirect(16);
        private @Nullable StreamSinkChannel wake;
        /** On the I/O thread only. */
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
                // No descriptor is available: a timer is used instead, with a delay.
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
            thread.executeAfter(this::runNext, FALLBACK_MILLIS, TimeUnit.MILLISECONDS);
        }

        private void run(StreamSourceChannel source) {
            try {
                source.read(received.clear());
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
