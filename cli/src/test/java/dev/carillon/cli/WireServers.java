package dev.carillon.cli;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import dev.carillon.cli.logging.LineLimit;
import dev.carillon.node.TestCluster;
import dev.carillon.proxy.ProxyConfig;
import dev.carillon.proxy.StickyProxy;
import dev.carillon.testkit.Patience;
import java.io.ByteArrayOutputStream;
import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.net.URI;
import java.util.List;
import java.util.Map;
import org.slf4j.LoggerFactory;

/** A node and a proxy before it, to which bytes are sent as they are. For a fuzzer: they live as long as the process. */
final class WireServers {
    /** Inputs between two requests of another client. */
    private static final int CHECK_EVERY = 10;

    private static final int MEASURE_EVERY = 500;
    /** How many more descriptors there may be: those of connections on which the server waits for the client's end. */
    private static final int MORE_DESCRIPTORS = 200;

    private static final long MORE_HEAP_BYTES = 100 << 20;
    private static final int MAX_ANSWER = 256 * 1024;
    /** What is not answered by then waits for more, or is a stream: the client ends its side. */
    private static final int QUIET_MILLIS = 30;

    private final ListAppender<ILoggingEvent> log = new ListAppender<>();
    private final int nodePort;
    private final int proxyPort;
    private int inputs;
    private int looked;
    private int descriptors;
    private long heapBytes;
    private long slowestNanos;

    /**
     * What came.
     *
     * @param closedByItself before the client ended its side
     */
    @SuppressWarnings("ArrayRecordComponent") // never compared
    record Answer(byte[] bytes, boolean closedByItself) {}

    WireServers() {
        Logger root = (Logger) LoggerFactory.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME);
        root.setLevel(Level.INFO);
        TestCluster cluster = new TestCluster(
                "memory://wire-fuzz",
                1,
                Map.of("requests-per-address", "0", "h2c", "true", "anonymous", "true", "log-max-events", "1000"));
        nodePort = cluster.node(0).port();
        try {
            proxyPort = StickyProxy.start(ProxyConfig.of(List.of(URI.create("http://127.0.0.1:" + nodePort))))
                    .port();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
        log.start();
        root.addAppender(log);
    }

    Answer node(byte[] bytes) throws IOException {
        return ask(nodePort, bytes);
    }

    Answer proxy(byte[] bytes) throws IOException {
        return ask(proxyPort, bytes);
    }

    List<Answer> both(byte[] bytes) throws IOException {
        return List.of(node(bytes), proxy(bytes));
    }

    /** Fails where another client is not served, something is in the log that a client must not cause, or something is kept. */
    void requireHealthy() {
        List<ILoggingEvent> lines = List.copyOf(log.list);
        for (ILoggingEvent line : lines.subList(looked, lines.size())) {
            if (!isOfHttp2Heads(line) && (line.getThrowableProxy() != null || line.getLevel() == Level.ERROR)) {
                throw new AssertionError("it logged " + line + stack(line));
            }
        }
        looked = lines.size();
        if (++inputs % CHECK_EVERY == 0) {
            for (int port : new int[] {nodePort, proxyPort}) {
                long start = System.nanoTime();
                int status = TestCluster.get(port, "/_health").statusCode();
                slowestNanos = Math.max(slowestNanos, System.nanoTime() - start);
                if (status != 200) {
                    throw new AssertionError("another client is answered " + status);
                }
            }
        }
        if (inputs % MEASURE_EVERY == 0) {
            measure();
        }
    }

    /**
     * Of a request of HTTP/2 whose header has a name with a line end, or a Content-Length that is no number, Undertow 2.4.4 logs a stack
     * trace. Its head is compressed: nothing below Undertow sees it. {@link LineLimit} bounds what a client can have it log.
     */
    private static boolean isOfHttp2Heads(ILoggingEvent line) {
        return line.getFormattedMessage().startsWith("UT005090");
    }

    private static String stack(ILoggingEvent line) {
        return line.getThrowableProxy() == null
                ? ""
                : " " + line.getThrowableProxy().getClassName() + ": "
                        + line.getThrowableProxy().getMessage() + " at "
                        + List.of(line.getThrowableProxy().getStackTraceElementProxyArray());
    }

    private void measure() {
        System.gc();
        long heap = Runtime.getRuntime().totalMemory() - Runtime.getRuntime().freeMemory();
        String[] open = new File("/proc/self/fd").list();
        int count = open == null ? 0 : open.length;
        if (heapBytes == 0) {
            heapBytes = heap;
            descriptors = count;
        }
        if (heap > heapBytes + MORE_HEAP_BYTES || count > descriptors + MORE_DESCRIPTORS) {
            throw new AssertionError("after " + inputs + " connections there are " + heap + " bytes and " + count
                    + " descriptors, and there were " + heapBytes + " and " + descriptors);
        }
    }

    String summary() {
        return "another client was answered within " + slowestNanos / 1_000_000 + " ms";
    }

    private static Answer ask(int port, byte[] bytes) throws IOException {
        ByteArrayOutputStream answer = new ByteArrayOutputStream();
        boolean byItself = true;
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
            // Closed at once: no port waits for what may come late.
            socket.setSoLinger(true, 0);
            socket.setSoTimeout(QUIET_MILLIS);
            write(socket, bytes);
            InputStream in = socket.getInputStream();
            byte[] some = new byte[4096];
            int n = read(in, some);
            while (n >= 0 && answer.size() < MAX_ANSWER) {
                if (n == 0) {
                    if (!byItself) {
                        throw new AssertionError("not closed " + Patience.LIMIT + " after its client's end");
                    }
                    byItself = false;
                    socket.shutdownOutput();
                    socket.setSoTimeout(Patience.LIMIT_MILLIS);
                }
                answer.write(some, 0, n);
                n = read(in, some);
            }
        }
        return new Answer(answer.toByteArray(), byItself);
    }

    /** The other side may close before it has read all. */
    private static void write(Socket socket, byte[] bytes) {
        try {
            socket.getOutputStream().write(bytes);
        } catch (IOException e) {
            // Reading tells.
        }
    }

    /** 0: nothing comes; negative: closed, by a reset, too. */
    private static int read(InputStream in, byte[] some) {
        try {
            return in.read(some);
        } catch (SocketTimeoutException e) {
            return 0;
        } catch (IOException e) {
            return -1;
        }
    }
}
