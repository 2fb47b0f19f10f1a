package dev.carillon.proxy;

import dev.carillon.edge.Descriptors;
import dev.carillon.edge.VerifiedTls;
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
import javax.net.ssl.SSLException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Checks the health of each node periodically, on a virtual thread for each node and a new connection for each check. */
final class HealthChecks implements AutoCloseable {
    private static final Logger LOGGER = LoggerFactory.getLogger(HealthChecks.class);

    /** The length of {@code HTTP/1.1 200}, which decides the check. */
    private static final int STATUS_BYTES = 12;

    /** Bytes of the head that are searched for the node's cluster. */
    private static final int HEAD_BYTES = 4096;

    private static final Pattern CLUSTER =
            Pattern.compile("\\r\\nCarillon-Cluster: *([!-~]{1,64}) *\\r\\n", Pattern.CASE_INSENSITIVE);

    /** Check intervals for which nodes must report different clusters before that is logged. */
    private static final int DIFFERENCE_INTERVALS = 3;

    /** Additional time for the first check, which may have to resolve the name of a node. */
    private static final Duration FIRST_GRACE = Duration.ofSeconds(2);

    private final ProxyConfig.Health config;
    private final Descriptors descriptors = Descriptors.ofThisProcess();
    private final ClusterWatch clusters;
    private final List<Thread> threads;

    /** This process has no descriptor for a socket. */
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
        this.clusters = new ClusterWatch(nodes, config.interval().multipliedBy(DIFFERENCE_INTERVALS), System::nanoTime);
        this.first = new CountDownLatch(nodes.size());
        this.threads = nodes.stream()
                .map(node -> Thread.ofVirtual().name("health " + node.url()).start(() -> loop(node)))
                .toList();
    }

    /** Waits until each node was checked once, up to a limit. */
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
            clusters.check();
            first.countDown();
            try {
                Thread.sleep(config.interval());
            } catch (InterruptedException e) {
                return;
            }
        }
    }

    private void check(Node node) {
        long startedAt = node.stateNumber();
        try {
            String host = node.url().getHost();
            InetAddress address =
                    InetAddress.getByName(host.startsWith("[") ? host.substring(1, host.length() - 1) : host);
            node.resolved(URI.create(node.url().getScheme() + "://" + numeric(address) + ":"
                    + node.url().getPort()));
            Answer answer = ask(node, address);
            node.reported(answer.cluster());
            switch (answer.status()) {
                case 200 -> node.answered(NodeState.UP, startedAt);
                case 503 -> node.answered(NodeState.DRAINING, startedAt);
                default -> node.failed(false, "status " + answer.status());
            }
        } catch (NoDescriptorException e) {
            // The failure is not the node's.
            LOGGER.atWarn().addKeyValue("node", node.url()).log("no file descriptor is available for a health check");
        } catch (SocketTimeoutException e) {
            node.failed(false, "no answer in " + config.timeout().toMillis() + " ms");
        } catch (ConnectException e) {
            node.failed(true, "connection refused");
        } catch (UnknownHostException e) {
            if (!descriptors.isExhausted()) {
                node.failed(false, "unknown host");
            }
        } catch (SSLException e) {
            String refusal = VerifiedTls.refusal(e);
            node.failed(false, "TLS: " + (refusal == null ? e.getMessage() : refusal));
        } catch (InterruptedIOException e) {
            // The proxy closes.
        } catch (IOException e) {
            if (!Thread.currentThread().isInterrupted()) {
                node.failed(false, "connection broken");
            }
        }
    }

    /** Reads the head of the answer within one time limit, however slowly its bytes arrive. Only the status is required. */
    private Answer ask(Node node, InetAddress address) throws IOException {
        long deadline = System.nanoTime() + config.timeout().toNanos();
        URI url = node.url();
        try (Socket below = socket()) {
            below.connect(new InetSocketAddress(address, url.getPort()), remainingMillis(deadline));
            below.setSoTimeout(remainingMillis(deadline));
            Socket socket = node.tls().isPresent() ? node.tls().get().over(below) : below;
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

    /** Creates a socket with its descriptor before {@link Socket#connect}, so that a lack of descriptors is not taken for a failure of the node. */
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

    private static Optional<String> cluster(Socket socket, byte[] head, int alreadyRead, long deadline) {
        int length = alreadyRead;
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

    /** Reads until there are {@code required} bytes or the input ends; returns the number of bytes. */
    private static int read(Socket socket, byte[] into, int alreadyRead, int required, long deadline)
            throws IOException {
        InputStream in = socket.getInputStream();
        int length = alreadyRead;
        while (length < required) {
            socket.setSoTimeout(remainingMillis(deadline));
            int n = in.read(into, length, into.length - length);
            if (n < 0) {
                return length;
            }
            length += n;
        }
        return length;
    }

    private static int remainingMillis(long deadline) throws SocketTimeoutException {
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
