package dev.carillon.proxy;

import dev.carillon.edge.Descriptors;
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
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Asks each node for its health again and again, each on a virtual thread and a new connection. */
final class HealthChecks implements AutoCloseable {
    private static final Logger LOGGER = LoggerFactory.getLogger(HealthChecks.class);

    /** As much of an answer as decides: {@code HTTP/1.1 200}. */
    private static final int STATUS_BYTES = 12;

    /** As much of its head as is looked at, for the cluster that a node reports. */
    private static final int HEAD_BYTES = 4096;

    private static final Pattern CLUSTER =
            Pattern.compile("\\r\\nCarillon-Cluster: *([!-~]{1,64}) *\\r\\n", Pattern.CASE_INSENSITIVE);

    /** How many intervals nodes must differ before it is logged. */
    private static final int PATIENCE = 3;

    /** Beyond the first check's own limit: the name of a node may have to be looked up. */
    private static final Duration FIRST_GRACE = Duration.ofSeconds(2);

    private final ProxyConfig.Health config;
    private final Descriptors descriptors = Descriptors.ofThisProcess();
    private final ClusterWatch clusters;
    private final List<Thread> threads;

    /** This process cannot open a socket. */
    private static final class NoDescriptorException extends IOException {
        private static final long serialVersionUID = 1L;

        NoDescriptorException(IOException cause) {
            super(cause);
        }
    }

    private record Answer(int status, Optional<String> cluster) {}

    private final CountDownLatch first;

    HealthChecks(List<Node> nodes, ProxyConfig.Health config) {
        this.config = config;
        this.clusters = new ClusterWatch(nodes, config.interval().multipliedBy(PATIENCE), System::nanoTime);
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
            clusters.look();
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
            Answer answer = ask(node.url(), address);
            node.reported(answer.cluster());
            switch (answer.status()) {
                case 200 -> node.answered(NodeState.UP, began);
                case 503 -> node.answered(NodeState.DRAINING, began);
                default -> node.failed(false, "status " + answer.status());
            }
        } catch (NoDescriptorException e) {
            // Says nothing about the node.
            LOGGER.atWarn().addKeyValue("node", node.url()).log("no descriptor is left to check the health of a node");
        } catch (SocketTimeoutException e) {
            node.failed(false, "no answer in " + config.timeout().toMillis() + " ms");
        } catch (ConnectException e) {
            node.failed(true, "connection refused");
        } catch (UnknownHostException e) {
            if (!descriptors.isExhausted()) {
                node.failed(false, "unknown host");
            }
        } catch (InterruptedIOException e) {
            // The proxy closes.
        } catch (IOException e) {
            if (!Thread.currentThread().isInterrupted()) {
                node.failed(false, "connection broken");
            }
        }
    }

    /** The answer's head; all of it within the one limit, however slowly its bytes come. The status alone is enough. */
    private Answer ask(URI url, InetAddress address) throws IOException {
        long deadline = System.nanoTime() + config.timeout().toNanos();
        try (Socket socket = socket()) {
            socket.connect(new InetSocketAddress(address, url.getPort()), left(deadline));
            socket.getOutputStream()
                    .write(("GET " + config.path() + " HTTP/1.1\r\nHost: " + url.getRawAuthority()
                                    + "\r\nUser-Agent: carillon-proxy\r\nConnection: close\r\n\r\n")
                            .getBytes(StandardCharsets.US_ASCII));
            byte[] head = new byte[HEAD_BYTES];
            int length = read(socket, head, 0, STATUS_BYTES, deadline);
            if (length < STATUS_BYTES) {
                throw new IOException("ended early");
            }
            String line = text(head, STATUS_BYTES);
            int status = line.matches("HTTP/1\\.[01] \\d{3}") ? Integer.parseInt(line.substring(9)) : 0;
            return new Answer(status, cluster(socket, head, length, deadline));
        }
    }

    /** With its descriptor, which {@link Socket#connect} would take: a failure of it is this machine's. */
    private static Socket socket() throws IOException {
        Socket socket = new Socket();
        try {
            socket.setTcpNoDelay(true);
            return socket;
        } catch (IOException e) {
            socket.close();
            throw new NoDescriptorException(e);
        }
    }

    private static Optional<String> cluster(Socket socket, byte[] head, int begun, long deadline) {
        int length = begun;
        try {
            String text = text(head, length);
            while (length < HEAD_BYTES && !text.contains("\r\n\r\n")) {
                int before = length;
                length = read(socket, head, length, length + 1, deadline);
                if (length == before) {
                    break;
                }
                text = text(head, length);
            }
            Matcher matcher = CLUSTER.matcher(text.split("\r\n\r\n", 2)[0] + "\r\n");
            return matcher.find() ? Optional.of(matcher.group(1)) : Optional.empty();
        } catch (IOException e) {
            return Optional.empty();
        }
    }

    private static String text(byte[] head, int length) {
        return new String(head, 0, length, StandardCharsets.ISO_8859_1);
    }

    /** Reads until there are so many bytes, or the end; answers how many there are. */
    private static int read(Socket socket, byte[] into, int begun, int wanted, long deadline) throws IOException {
        InputStream in = socket.getInputStream();
        int length = begun;
        while (length < wanted) {
            socket.setSoTimeout(left(deadline));
            int n = in.read(into, length, into.length - length);
            if (n < 0) {
                return length;
            }
            length += n;
        }
        return length;
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
