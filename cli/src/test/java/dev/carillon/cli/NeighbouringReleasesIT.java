package dev.carillon.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.carillon.containers.Servers;
import dev.carillon.node.TestCluster;
import dev.carillon.process.ChildProcess;
import dev.carillon.process.ServerProcess;
import dev.carillon.process.TestServer;
import dev.carillon.testkit.Patience;
import dev.carillon.testkit.SseClient;
import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A node of an earlier release beside one of this release, over one broker. */
@Tag("process")
@Tag("full")
class NeighbouringReleasesIT {
    private static final Pattern CONTEXT = Pattern.compile("name=\"_context\" value=\"([^\"]+)\"");
    private static final Pattern COUNT = Pattern.compile("<output>(\\d+)</output>");
    private static final String COUNTER = "/examples/counter";

    @SuppressWarnings("NullAway.Init")
    private static EarlierRelease earlier;

    private final List<ServingNode> nodes = new ArrayList<>();

    @BeforeAll
    @Timeout(value = 30, unit = TimeUnit.MINUTES)
    static void build() throws Exception {
        earlier = EarlierRelease.build();
    }

    @AfterEach
    void stop() {
        nodes.forEach(ServingNode::close);
    }

    @Test
    @Tag("redis")
    void two_releases_are_one_cluster_over_redis() throws Exception {
        try (TestServer redis = Servers.redis()) {
            areOneCluster("redis://127.0.0.1:" + redis.port());
        }
    }

    @Test
    @Tag("nats")
    void two_releases_are_one_cluster_over_nats() throws Exception {
        try (TestServer nats = Servers.nats()) {
            areOneCluster("nats://127.0.0.1:" + nats.port());
        }
    }

    private void areOneCluster(String broker) throws Exception {
        ServingNode old = start(earlier, "n1", broker);
        ServingNode today = start(null, "n2", broker);

        List<String> last = broadcastsCross(old, today);
        callsCross(old, today);
        Tab tab = new Tab(old);
        pageCrosses(old, today, tab);

        // An upgrade, and a roll back: what this release has written is read by the earlier one.
        old.drain();
        tab.add(today, "");
        awaitCount(today, 12);
        ServingNode back = start(earlier, "n1", broker);
        resumes(back, last.getFirst());
        today.drain();
        tab.open(back).close();
        tab.add(back, "");
        awaitCount(back, 15);
    }

    /** Returns the ids of the events. */
    private static List<String> broadcastsCross(ServingNode old, ServingNode today) {
        try (SseClient atOld = SseClient.open(old.port, "/events?topic=news").opened();
                SseClient atToday =
                        SseClient.open(today.port, "/events?topic=news").opened()) {
            broadcast(old, "one");
            broadcast(today, "two");
            broadcast(old, "three");
            for (SseClient client : List.of(atOld, atToday)) {
                client.awaitData("three");
                assertThat(client.data()).containsSubsequence("one", "two", "three");
            }
            return atToday.all().stream()
                    .filter(event -> "one".equals(event.data()))
                    .map(event -> String.valueOf(event.id()))
                    .toList();
        }
    }

    private static void broadcast(ServingNode at, String data) {
        HttpResponse<String> answer = TestCluster.send(HttpRequest.newBuilder(at.uri("/broadcast"))
                .header("Authorization", "Bearer " + TestCluster.token())
                .header("Content-Type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString(
                        "{\"scope\":\"topic:news\",\"data\":\"" + data + "\",\"tags\":{\"a\":\"b\"}}"))
                .build());
        assertThat(answer.statusCode()).as(answer.body()).isBetween(200, 202);
    }

    /** A client that missed two events receives them at the earlier release. */
    private static void resumes(ServingNode at, String lastId) {
        try (SseClient client = SseClient.open(at.port, "/events?topic=news", Map.of("Last-Event-ID", lastId))) {
            client.awaitData("three");
            assertThat(client.data()).containsSubsequence("two", "three").doesNotContain("one");
        }
    }

    private static void callsCross(ServingNode old, ServingNode today) {
        for (ServingNode node : List.of(old, today)) {
            Awaitility.await().untilAsserted(() -> {
                HttpResponse<String> health = TestCluster.get(node.adminPort, "/_health/cluster");
                assertThat(health.body())
                        .contains("\"status\":\"ok\"", "\"n1\"", "\"n2\"")
                        .doesNotContain("\"reason\"");
            });
        }
        closes(old, today);
        closes(today, old);
    }

    /** An operator's request to one node closes a connection of the other. */
    private static void closes(ServingNode asked, ServingNode other) {
        String label = "of-" + other.port;
        try (SseClient client =
                SseClient.open(other.port, "/events?topic=news&label=" + label).opened()) {
            HttpResponse<String> answer = TestCluster.send(HttpRequest.newBuilder(
                            URI.create("http://127.0.0.1:" + asked.adminPort + "/admin/connections?label=" + label))
                    .header("Authorization", "Bearer " + TestCluster.OPERATOR)
                    .DELETE()
                    .build());
            assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
            Awaitility.await().until(client::hasEnded);
        }
    }

    private static void pageCrosses(ServingNode old, ServingNode today, Tab tab) {
        // The step is state of the tab, which only its owner has.
        tab.add(old, "3");
        awaitCount(today, 3);
        // Passed on to the owner.
        tab.add(today, "");
        awaitCount(old, 6);
        // The page moves with its stream.
        tab.open(today).close();
        assertThat(TestCluster.get(today.adminPort, "/metrics").body())
                .containsPattern("carillon_pages_revivals_total\\{[^}]*result=\"revived\"[^}]*} 1\\.0");
        tab.add(today, "");
        awaitCount(old, 9);
    }

    private static void awaitCount(ServingNode at, int count) {
        Awaitility.await().untilAsserted(() -> {
            Matcher found = COUNT.matcher(TestCluster.get(at.port, COUNTER).body());
            assertThat(found.find()).isTrue();
            assertThat(found.group(1)).isEqualTo(Integer.toString(count));
        });
    }

    /** A tab with the counter. */
    private static final class Tab {
        private final String context;
        private final String cookie;

        Tab(ServingNode at) {
            HttpResponse<String> page = TestCluster.send(HttpRequest.newBuilder(at.uri(COUNTER))
                    .header("Accept", "text/html")
                    .build());
            Matcher found = CONTEXT.matcher(page.body());
            assertThat(found.find()).as(page.body()).isTrue();
            context = found.group(1);
            cookie = page.headers().firstValue("Set-Cookie").orElseThrow().split(";", 2)[0];
        }

        /** @param step empty: as the tab has it */
        void add(ServingNode at, String step) {
            String body = "_context=" + URLEncoder.encode(context, StandardCharsets.UTF_8)
                    + (step.isEmpty() ? "" : "&step=" + step);
            Awaitility.await().untilAsserted(() -> {
                HttpResponse<String> answer =
                        TestCluster.send(HttpRequest.newBuilder(at.uri("/examples/_pages/action/add"))
                                .header("Cookie", cookie)
                                .header("Content-Type", "application/x-www-form-urlencoded")
                                .header("Accept", "text/vnd.turbo-stream.html")
                                .header("Origin", "http://127.0.0.1:" + at.port)
                                .POST(HttpRequest.BodyPublishers.ofString(body))
                                .build());
                assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
            });
        }

        SseClient open(ServingNode at) {
            return SseClient.open(at.port, "/examples/_pages/stream?context=" + context, Map.of("Cookie", cookie))
                    .opened();
        }
    }

    /** @param earlier null: this release */
    private ServingNode start(@Nullable EarlierRelease earlier, String id, String broker) throws IOException {
        ServingNode node = new ServingNode(earlier, id, broker);
        nodes.add(node);
        Awaitility.await().until(() -> node.isReady());
        return node;
    }

    private static final class ServingNode implements AutoCloseable {
        private final int port = ServerProcess.freePort();
        private final int adminPort = ServerProcess.freePort();
        private final ChildProcess process;

        ServingNode(@Nullable EarlierRelease earlier, String id, String broker) throws IOException {
            String[] arguments = {
                "serve",
                "--stop-with-stdin",
                "--lightshow",
                "--port",
                Integer.toString(port),
                "--admin-port",
                Integer.toString(adminPort),
                "--internal-port",
                Integer.toString(ServerProcess.freePort())
            };
            List<String> command = new ArrayList<>();
            if (earlier == null) {
                command.addAll(TestJvm.commandLine());
                command.add(Main.class.getName());
                command.addAll(List.of(arguments));
            } else {
                command.addAll(earlier.command(arguments));
            }
            process = ChildProcess.of(command)
                    .environment(environment -> {
                        EarlierRelease.clear(environment);
                        environment.putAll(Map.of(
                                "CARILLON_BROKER",
                                broker,
                                "CARILLON_NODE_ID",
                                id,
                                "CARILLON_JWT_KEY",
                                TestCluster.KEY,
                                "CARILLON_SECRET",
                                TestCluster.SECRET,
                                "CARILLON_OPERATOR_TOKEN",
                                TestCluster.OPERATOR,
                                "CARILLON_ANONYMOUS",
                                "true",
                                "CARILLON_DRAIN_NOTICE",
                                "0s",
                                "CARILLON_DRAIN_TIMEOUT",
                                "2s"));
                    })
                    .endsWithInput()
                    .start();
        }

        URI uri(String path) {
            return URI.create("http://127.0.0.1:" + port + path);
        }

        boolean isReady() {
            if (!process.isAlive()) {
                throw new AssertionError("ended: " + process.text());
            }
            try {
                return TestCluster.get(adminPort, "/health/ready").statusCode() == 200;
            } catch (RuntimeException | AssertionError e) {
                return false;
            }
        }

        /** Returns when the node has drained and ended. */
        void drain() throws InterruptedException {
            process.closeInput();
            assertThat(process.awaitExit(Patience.LIMIT)).as(process.text()).hasValue(0);
        }

        @Override
        public void close() {
            process.close();
        }
    }
}
