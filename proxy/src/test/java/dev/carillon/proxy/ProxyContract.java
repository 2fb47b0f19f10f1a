package dev.carillon.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import dev.carillon.process.ServerProcess;
import dev.carillon.proxy.files.Site;
import dev.carillon.testkit.Patience;
import dev.carillon.testkit.SseClient;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.SocketException;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.awaitility.core.ConditionTimeoutException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The contract of a proxy in front of nodes; each implementation extends it. The cases are those of {@link ProxyCase}: the most important
 * ones in every run, all in full. An implementation declares cases that its proxy cannot hold, with the reason. Such a case must fail: when
 * a version of the proxy holds it, the declaration is wrong and the test says so.
 */
abstract class ProxyContract {
    private static final boolean FULL = Boolean.getBoolean("carillon.full");

    /** Time limit of a case that is expected to fail. */
    private static final Duration DECLARED = Duration.ofSeconds(4);

    /** Short intervals, and a long time until a silent stream is closed. */
    static final Site.Timing QUICK =
            new Site.Timing(Duration.ofMillis(100), 2, Duration.ofSeconds(5), Duration.ofSeconds(60));

    @TempDir
    @SuppressWarnings("NullAway.Init")
    Path dir;

    private final List<AutoCloseable> opened = new ArrayList<>();
    private Duration limit = Patience.LIMIT;

    /** The name of the proxy in the table of the manual. */
    abstract String title();

    /** Starts the proxy. */
    abstract RunningProxy start(Site site) throws Exception;

    /** The cases that the proxy cannot hold, with the reason. */
    abstract Map<ProxyCase, String> cannot();

    static Stream<ProxyCase> cases() {
        return Arrays.stream(ProxyCase.values())
                .filter(each -> FULL || Boolean.getBoolean("carillon.contract.all") || each.isBrief());
    }

    @ParameterizedTest
    @MethodSource("cases")
    void holds(ProxyCase each) throws Exception {
        String reason = cannot().get(each);
        if (reason == null) {
            each.check(this);
            return;
        }
        limit = each.isSlow() ? DECLARED.multipliedBy(4) : DECLARED;
        try {
            each.check(this);
        } catch (AssertionError
                | ConditionTimeoutException
                | UncheckedIOException
                | SocketException
                | ProxyConfigException e) {
            return;
        }
        throw new AssertionError(title() + " holds the case " + each + ", but is declared not to: " + reason);
    }

    @AfterEach
    void close_all() throws Exception {
        for (AutoCloseable one : opened.reversed()) {
            one.close();
        }
    }

    <T extends AutoCloseable> T own(T one) {
        opened.add(one);
        return one;
    }

    TestNode node() {
        return own(new TestNode());
    }

    /** A site for nodes at a free port of the loopback interface. */
    static Site site(TestNode... nodes) {
        return Site.of(List.of(TestNode.urls(nodes)))
                .withListen(new Site.Listen("127.0.0.1", ServerProcess.freePort()))
                .withTiming(QUICK)
                .withLimits(new Site.Limits(65_536, 200));
    }

    /** A URL at which no node listens. */
    static URI nothing() {
        return URI.create("http://127.0.0.1:" + ServerProcess.freePort());
    }

    RunningProxy run(Site site) throws Exception {
        return own(start(site));
    }

    RawClient client(RunningProxy proxy) throws SocketException {
        RawClient client = own(new RawClient(proxy.port()));
        client.socket.setSoTimeout((int) limit.toMillis());
        return client;
    }

    /** Sends a GET on a new connection, and reads the head and the body of the response. */
    Answer get(RunningProxy proxy, String target, String headers) throws IOException {
        try (RawClient client = client(proxy)) {
            return answer(client.get(target, headers + "Connection: close\r\n"));
        }
    }

    static Answer answer(RawClient client) throws IOException {
        RawClient.Head head = client.head();
        return new Answer(head, head.status().isEmpty() ? "" : client.rest());
    }

    /** @param rest all bytes after the head */
    record Answer(RawClient.Head head, String rest) {
        int status() {
            assertThat(head.status()).as("status line").matches("HTTP/1\\.1 \\d{3}.*");
            return Integer.parseInt(head.status().substring(9, 12));
        }

        boolean isFrom(TestNode node) {
            return head.status().startsWith("HTTP/1.1 200") && rest.contains(node.name() + " ");
        }
    }

    SseClient stream(RunningProxy proxy, String cookie) {
        return own(SseClient.open(
                proxy.port(),
                "/events",
                cookie.isEmpty()
                        ? Map.of("Accept", "text/event-stream")
                        : Map.of("Accept", "text/event-stream", "Cookie", "carillon_node=" + cookie)));
    }

    /** Gets a cookie of the proxy that leads to this node. */
    String cookieOf(RunningProxy proxy, TestNode node) {
        String[] cookie = {""};
        await(() -> {
            Answer answer = get(proxy, "/", "");
            cookie[0] = answer.head().cookie();
            return answer.isFrom(node) && !cookie[0].isEmpty();
        });
        return cookie[0];
    }

    /** Waits, up to the limit of this case. */
    void await(Callable<Boolean> condition) {
        Awaitility.await().atMost(limit).pollInterval(Duration.ofMillis(20)).until(condition);
    }

    /** The same, polled without a pause, for short times. */
    void awaitOften(Callable<Boolean> condition) {
        Awaitility.await()
                .atMost(limit)
                .pollDelay(Duration.ZERO)
                .pollInterval(Duration.ofMillis(1))
                .until(condition);
    }

    Duration limit() {
        return limit;
    }
}
