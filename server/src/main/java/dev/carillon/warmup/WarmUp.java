package dev.carillon.warmup;

import dev.carillon.base.Platform;
import dev.carillon.base.RandomIds;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Opens streams of this node by its own port, one after the other on a few threads, until there were enough or the time is over. */
public final class WarmUp {
    static final Duration LIMIT = Duration.ofSeconds(5);

    private static final int THREADS = 2;
    private static final int SOCKET_MILLIS = 2_000;
    private static final String OPENED = "carillon.open";
    private static final Logger LOGGER = LoggerFactory.getLogger(WarmUp.class);

    private final WarmUpEndpoint endpoint;
    private final InetSocketAddress address;
    private final String basePath;
    private final Platform platform;

    /**
     * @param host that the node listens on; a wildcard: by loopback
     * @param basePath prefix of all paths
     */
    public WarmUp(WarmUpEndpoint endpoint, String host, int port, String basePath, Platform platform) {
        InetSocketAddress listening = new InetSocketAddress(host, port);
        InetAddress at = listening.getAddress();
        this.endpoint = endpoint;
        this.address = at == null || at.isAnyLocalAddress()
                ? new InetSocketAddress(InetAddress.getLoopbackAddress(), port)
                : listening;
        this.basePath = basePath;
        this.platform = platform;
    }

    /** Opens so many streams. Blocks; a failure ends it, and the node starts all the same. */
    public void run(int streams) throws InterruptedException {
        String key = RandomIds.uuid(platform.secureRandom()).toString();
        byte[] request = ("GET " + basePath + WarmUpEndpoint.PATH + "?" + WarmUpEndpoint.KEY + "=" + key
                        + " HTTP/1.1\r\nHost: localhost\r\nAccept: text/event-stream\r\n\r\n")
                .getBytes(StandardCharsets.US_ASCII);
        long begin = platform.nanoTime().getAsLong();
        AtomicInteger left = new AtomicInteger(streams);
        AtomicInteger opened = new AtomicInteger();
        endpoint.open(key);
        // One stays open, so that the broker is asked once for their scope.
        try (Socket _ = open(request)) {
            List<Thread> threads = new ArrayList<>();
            for (int i = 0; i < THREADS; i++) {
                Thread thread =
                        platform.threads().blocking("carillon-warm-up", () -> open(request, begin, left, opened));
                thread.start();
                threads.add(thread);
            }
            for (Thread thread : threads) {
                thread.join();
            }
        } catch (IOException e) {
            LOGGER.atInfo().log("the warm-up failed: {}", e.toString());
        } finally {
            endpoint.open(null);
        }
        LOGGER.atInfo()
                .addKeyValue("streams", opened.get())
                .addKeyValue("millis", (platform.nanoTime().getAsLong() - begin) / 1_000_000)
                .log("warmed up");
    }

    private void open(byte[] request, long begin, AtomicInteger left, AtomicInteger opened) {
        try {
            while (left.getAndDecrement() > 0 && platform.nanoTime().getAsLong() - begin < LIMIT.toNanos()) {
                open(request).close();
                opened.incrementAndGet();
            }
        } catch (IOException e) {
            LOGGER.atInfo().log("the warm-up ends early: {}", e.toString());
        }
    }

    private Socket open(byte[] request) throws IOException {
        Socket socket = new Socket();
        try {
            socket.setTcpNoDelay(true);
            socket.connect(address, SOCKET_MILLIS);
            socket.setSoTimeout(SOCKET_MILLIS);
            socket.getOutputStream().write(request);
            awaitOpen(socket.getInputStream());
            return socket;
        } catch (IOException e) {
            socket.close();
            throw e;
        }
    }

    private static void awaitOpen(InputStream in) throws IOException {
        byte[] buffer = new byte[4_096];
        int length = 0;
        while (!new String(buffer, 0, length, StandardCharsets.ISO_8859_1).contains(OPENED)) {
            int read = length == buffer.length ? -1 : in.read(buffer, length, buffer.length - length);
            if (read < 0) {
                throw new IOException("the node did not open a stream");
            }
            length += read;
        }
    }
}
