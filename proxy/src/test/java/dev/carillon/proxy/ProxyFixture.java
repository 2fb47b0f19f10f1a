package dev.carillon.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.slf4j.LoggerFactory;

/** A proxy with short check intervals for test nodes. After each test the log must hold no error that a client could cause. */
abstract class ProxyFixture {
    /** The longest that is allowed: full tests wait longer for other effects. */
    static final Duration CONNECT_LIMIT = Duration.ofMinutes(1);

    static final ProxyConfig.Health QUICK =
            new ProxyConfig.Health("/_health", Duration.ofMillis(50), Duration.ofSeconds(10), 2);
    /** For tests with a hung node; the others must answer within its timeout. */
    static final ProxyConfig.Health BRIEF =
            new ProxyConfig.Health("/_health", Duration.ofMillis(50), Duration.ofSeconds(1), 2);

    /** For nodes that never go down, so that no check fails on a busy machine. */
    static final ProxyConfig.Health PATIENT =
            new ProxyConfig.Health("/_health", Duration.ofMillis(50), Duration.ofSeconds(20), 100);

    final List<TestNode> nodes = new ArrayList<>();

    private final List<AutoCloseable> opened = new ArrayList<>();
    private final ListAppender<ILoggingEvent> log = new ListAppender<>();

    @BeforeEach
    void watch_the_log() {
        log.start();
        root().addAppender(log);
    }

    @AfterEach
    void close_all_and_look_at_the_log() throws Exception {
        for (AutoCloseable closeable : opened.reversed()) {
            closeable.close();
        }
        root().detachAppender(log);
        assertThat(logged())
                .allSatisfy(event -> assertThat(event.getThrowableProxy())
                        .as(event.toString())
                        .isNull())
                .noneSatisfy(event -> assertThat(event.getLevel()).isEqualTo(Level.ERROR));
    }

    List<ILoggingEvent> logged() {
        synchronized (log) {
            return List.copyOf(log.list);
        }
    }

    TestNode node() {
        TestNode node = own(new TestNode());
        nodes.add(node);
        return node;
    }

    /** Starts a proxy for all nodes so far. */
    StickyProxy proxy() throws InterruptedException {
        return proxy(config());
    }

    StickyProxy proxy(ProxyConfig config) throws InterruptedException {
        return own(StickyProxy.start(config));
    }

    ProxyConfig config() {
        return ProxyConfig.of(nodes.stream().map(TestNode::url).toList()).withHealth(QUICK);
    }

    RawClient client(StickyProxy proxy) {
        return own(new RawClient(proxy.port()));
    }

    RawClient client(StickyProxy proxy, String from) {
        return own(new RawClient(proxy.port(), from));
    }

    /** Sends one request on a new connection. */
    RawClient.Head get(StickyProxy proxy, String headers) throws IOException {
        try (RawClient client = new RawClient(proxy.port())) {
            RawClient.Head head = client.get("/", headers).head();
            String _ = client.body(head);
            return head;
        }
    }

    /** The node that answers a request. */
    String who(StickyProxy proxy, String headers) throws IOException {
        try (RawClient client = new RawClient(proxy.port())) {
            return client.body(client.get("/", headers).head()).strip();
        }
    }

    static String cookie(String value) {
        return "Cookie: carillon_node=" + value + "\r\n";
    }

    static String cookie(TestNode node) {
        return cookie(StickyCookie.valueOf(node.url().toString()));
    }

    static void awaitState(StickyProxy proxy, TestNode node, NodeState state) {
        await(() -> view(proxy, node).state() == state);
    }

    static NodeView view(StickyProxy proxy, TestNode node) {
        return proxy.nodes().stream()
                .filter(view -> view.url().equals(node.url()))
                .findFirst()
                .orElseThrow();
    }

    static int open(StickyProxy proxy) {
        return proxy.nodes().stream().mapToInt(NodeView::open).sum();
    }

    static void await(java.util.concurrent.Callable<Boolean> condition) {
        Awaitility.await().pollInterval(Duration.ofMillis(5)).until(condition);
    }

    static long descriptors() throws IOException {
        try (Stream<Path> files = Files.list(Path.of("/proc/self/fd"))) {
            return files.count();
        }
    }

    <T extends AutoCloseable> T own(T closeable) {
        opened.add(closeable);
        return closeable;
    }

    private static Logger root() {
        return (Logger) LoggerFactory.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME);
    }
}
