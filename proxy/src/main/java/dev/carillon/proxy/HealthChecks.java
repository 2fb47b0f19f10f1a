package dev.carillon.proxy;

import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.net.URI;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/** Asks each node for its health again and again, each on a virtual thread and a new connection. */
final class HealthChecks implements AutoCloseable {
    /** As much of an answer as is looked at: {@code HTTP/1.1 200}. */
    private static final int STATUS_BYTES = 12;

    /** Beyond the first check's own limit: the name of a node may have to be looked up. */
    private static final Duration FIRST_GRACE = Duration.ofSeconds(2);

    private final ProxyConfig.Health config;
    private final List<Thread> threads;
    private final CountDownLatch first;

    HealthChecks(List<Node> nodes, ProxyConfig.Health config) {
        this.config = config;
        this.first = new CountDownLatch(nodes.size());
        this.threads = nodes.stream()
                .map(node -> Thread.ofVirtual().name("health " + node.url()).start(() -> loop(node)))
                .toList();
    }

    /** Waits until each node has been asked once, or that takes too long. */
    void awaitFirst() throws InterruptedException {
        boolean _ = first.await(config.timeout().plus(FIRST_GRACE).toMillis(), TimeUnit.MILLISECONDS);
    }

    @Override
    public void close() {
        threads.forEach(Thread::interrupt);
    }

    private void loop(Node node) {
        while (!Thread.currentThread().isInterrupted()) {
            check(node);
            first.countDown();
            try {
                Thread.sleep(config.interval());
            } catch (InterruptedException e) {
                return;
            }
        }
    }

    private void check(Node node) {
        long began = node.checkBegins();
        try {
            String host = node.url().getHost();
            InetAddress address =
                    InetAddress.getByName(host.startsWith("[") ? host.substring(1, host.length() - 1) : host);
            node.resolved(
                    URI.create("http://" + numeric(address) + ":" + node.url().getPort()));
            int status = ask(node.url(), address);
            switch (status) {
                case 200 -> node.answered(NodeState.UP, began);
                case 503 -> node.answered(NodeState.DRAINING, began);
                default -> node.failed(false, "status " + status);
            }
        } catch (SocketTimeoutException e) {
            node.failed(false, "no answer in " + config.timeout().toMillis() + " ms");
        } catch (ConnectException e) {
            node.failed(true, "connection refused");
        } catch (UnknownHostException e) {
            node.failed(false, "unknown host");
        } catch (InterruptedIOException e) {
            // The proxy closes.
        } catch (IOException e) {
            if (!Thread.currentThread().isInterrupted()) {
                node.failed(false, "connection broken");
            }
        }
    }

    /** The status of the answer; all of it within the one limit, however slowly its bytes come. */
    private int ask(URI url, InetAddress address) throws IOException {
        long deadline = System.nanoTime() + config.timeout().toNanos();
        try (Socket socket = new Socket()) {
            socket.connect(new InetSocketAddress(address, url.getPort()), left(deadline));
            socket.getOutputStream()
                    .write(("GET " + config.path() + " HTTP/1.1\r\nHost: " + url.getRawAuthority()
                                    + "\r\nUser-Agent: carillon-proxy\r\nConnection: close\r\n\r\n")
                            .getBytes(StandardCharsets.US_ASCII));
            InputStream in = socket.getInputStream();
            byte[] line = new byte[STATUS_BYTES];
            int length = 0;
            while (length < line.length) {
                socket.setSoTimeout(left(deadline));
                int n = in.read(line, length, line.length - length);
                if (n < 0) {
                    throw new IOException("ended early");
                }
                length += n;
            }
            String text = new String(line, StandardCharsets.US_ASCII);
            return text.matches("HTTP/1\\.[01] \\d{3}") ? Integer.parseInt(text.substring(9)) : 0;
        }
    }

    private static int left(long deadline) throws SocketTimeoutException {
        long millis = TimeUnit.NANOSECONDS.toMillis(deadline - System.nanoTime());
        if (millis <= 0) {
            throw new SocketTimeoutException();
        }
        return (int) millis;
    }

    private static String numeric(InetAddress address) {
        String text = address.getHostAddress().replaceFirst("%.*", "");
        return text.contains(":") ? "[" + text + "]" : text;
    }
}
