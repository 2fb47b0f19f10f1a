package dev.carillon.proxy;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import javax.net.ssl.SSLContext;
import org.jspecify.annotations.Nullable;

/** A test node on a plain socket, which can hang, fail within an answer, and record every byte. */
final class TestNode implements AutoCloseable {
    /** A received request. */
    record Request(String line, List<String> headers, String body) {
        String target() {
            return line.split(" ", -1)[1];
        }

        List<String> header(String name) {
            String prefix = name.toLowerCase(Locale.ROOT) + ":";
            return headers.stream()
                    .filter(header -> header.toLowerCase(Locale.ROOT).startsWith(prefix))
                    .map(header -> header.substring(prefix.length()).strip())
                    .toList();
        }
    }

    /** Answers one request; an exception closes the connection. */
    interface Answer {
        void to(Request request, Socket socket) throws Exception;
    }

    final List<Request> requests = new CopyOnWriteArrayList<>();
    final Set<Socket> connections = ConcurrentHashMap.newKeySet();

    volatile int health = 200;
    /** The cluster that it reports; empty: none. */
    volatile String cluster = "";

    volatile Answer answer = (request, socket) -> send(socket, 200, "text/plain", name() + " " + request.body());

    private final int port;
    private volatile @Nullable SSLContext tls;
    private volatile CountDownLatch awake = new CountDownLatch(0);
    private volatile @Nullable ServerSocket server;
    private volatile Thread accepting = Thread.currentThread();

    TestNode() {
        this(null);
    }

    /** @param tls null: without TLS */
    TestNode(@Nullable SSLContext tls) {
        this.tls = tls;
        this.port = listen(0);
    }

    static URI[] urls(TestNode... nodes) {
        return java.util.Arrays.stream(nodes).map(TestNode::url).toArray(URI[]::new);
    }

    String name() {
        return "n" + port;
    }

    int port() {
        return port;
    }

    URI url() {
        return URI.create(tls == null ? "http://127.0.0.1:" + port : "https://localhost:" + port);
    }

    /** Suspends the node until {@link #awaken}; connections are still accepted, as those of a suspended process are. */
    void hang() {
        awake = new CountDownLatch(1);
    }

    void awaken() {
        awake.countDown();
    }

    /** Fails: it stops listening, and every connection is closed. */
    void die() {
        ServerSocket old = server;
        server = null;
        quietly(old);
        try {
            // The kernel accepts connections until then.
            accepting.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        connections.forEach(TestNode::quietly);
    }

    /** Listens with another certificate from now on. */
    void exchange(SSLContext next) {
        die();
        tls = next;
        comeBack();
    }

    void comeBack() {
        listen(port);
    }

    @Override
    public void close() {
        awaken();
        die();
    }

    static void send(Socket socket, int status, String type, String body) throws IOException {
        write(
                socket,
                "HTTP/1.1 " + status + " X\r\nContent-Type: " + type + "\r\nContent-Length: "
                        + body.getBytes(StandardCharsets.UTF_8).length + "\r\n\r\n" + body);
    }

    static void write(Socket socket, String text) throws IOException {
        socket.getOutputStream().write(text.getBytes(StandardCharsets.UTF_8));
    }

    /** The head of a stream that ends with its connection, as a node sends it. */
    static void openStream(Socket socket) throws IOException {
        write(socket, "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n");
    }

    static void openChunkedStream(Socket socket) throws IOException {
        write(socket, "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n");
    }

    static void chunk(Socket socket, String text) throws IOException {
        write(socket, Integer.toHexString(text.length()) + "\r\n" + text + "\r\n");
    }

    /** Waits until the other side closes, or resets the connection, as it does if it closes before it has read everything. */
    static void awaitEnd(Socket socket) throws IOException {
        try {
            socket.getInputStream().transferTo(OutputStream.nullOutputStream());
        } catch (SocketException e) {
            // Reset.
        }
    }

    private int listen(int wanted) {
        try {
            SSLContext context = tls;
            ServerSocket socket = context == null
                    ? new ServerSocket()
                    : context.getServerSocketFactory().createServerSocket();
            socket.setReuseAddress(true);
            socket.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), wanted), 1_000);
            server = socket;
            accepting = Thread.ofVirtual().start(() -> accept(socket));
            return socket.getLocalPort();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void accept(ServerSocket from) {
        while (!from.isClosed()) {
            try {
                Socket socket = from.accept();
                // Otherwise the second write waits for the acknowledgement of the first.
                socket.setTcpNoDelay(true);
                connections.add(socket);
                Thread.ofVirtual().start(() -> serve(socket));
            } catch (IOException e) {
                // Closed.
            }
        }
    }

    private void serve(Socket socket) {
        try (socket) {
            Request request = read(socket.getInputStream());
            while (request != null) {
                awake.await();
                if (request.target().equals("/_health")) {
                    String reported = cluster.isEmpty() ? "" : "\r\nCarillon-Cluster: " + cluster;
                    send(socket, health, "application/json" + reported, "{}");
                } else {
                    requests.add(request);
                    answer.to(request, socket);
                }
                request = read(socket.getInputStream());
            }
        } catch (Exception e) {
            // The connection closes.
        } finally {
            connections.remove(socket);
        }
    }

    private static @Nullable Request read(InputStream in) throws IOException {
        String line = line(in);
        if (line == null) {
            return null;
        }
        List<String> headers = new CopyOnWriteArrayList<>();
        String header = line(in);
        while (header != null && !header.isEmpty()) {
            headers.add(header);
            header = line(in);
        }
        Request head = new Request(line, List.copyOf(headers), "");
        ByteArrayOutputStream body = new ByteArrayOutputStream();
        if (head.header("Transfer-Encoding").contains("chunked")) {
            int size = Integer.parseInt(String.valueOf(line(in)), 16);
            while (size > 0) {
                body.write(in.readNBytes(size));
                line(in);
                size = Integer.parseInt(String.valueOf(line(in)), 16);
            }
            line(in);
        } else if (!head.header("Content-Length").isEmpty()) {
            body.write(
                    in.readNBytes(Integer.parseInt(head.header("Content-Length").getFirst())));
        }
        return new Request(line, head.headers(), body.toString(StandardCharsets.UTF_8));
    }

    private static @Nullable String line(InputStream in) throws IOException {
        StringBuilder line = new StringBuilder();
        int b = in.read();
        while (b >= 0 && b != '\n') {
            if (b != '\r') {
                line.append((char) b);
            }
            b = in.read();
        }
        return b < 0 && line.isEmpty() ? null : line.toString();
    }

    private static void quietly(@Nullable AutoCloseable closeable) {
        try {
            if (closeable != null) {
                closeable.close();
            }
        } catch (Exception e) {
            // It is closed in any case.
        }
    }
}
