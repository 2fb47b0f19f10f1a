package dev.carillon.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.carillon.containers.Servers;
import dev.carillon.node.TestCluster;
import dev.carillon.process.ChildProcess;
import dev.carillon.process.TestServer;
import dev.carillon.testkit.Patience;
import dev.carillon.testkit.SseClient;
import java.io.File;
import java.io.IOException;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A node of a made-up next release beside one of this release. The next release writes a field into every event that this one skips, and into some a
 * field without which they must not be delivered. It is this release with another {@code EventWire}, which is first on its class path.
 */
@Tag("process")
@Tag("full")
class NextReleaseIT {
    private static final Path SOURCE = Path.of("../server/src/main/java/dev/carillon/scope/EventWire.java");
    /** Begins the data of events that only the next release can read. */
    private static final String FOR_NEXT = "next:";

    @TempDir
    @SuppressWarnings("NullAway.Init")
    private Path classes;

    private final List<ReleasedNode> nodes = new ArrayList<>();

    @BeforeEach
    void compile() throws Exception {
        String source = Files.readString(SOURCE);
        source = replaced(
                source,
                "        field(out, DATA, event.data());\n",
                "        field(out, DATA, event.data());\n        field(out, (byte) 100, \"new\");\n"
                        + "        if (event.data().startsWith(\"" + FOR_NEXT + "\")) {\n"
                        + "            field(out, (byte) 200, \"new\");\n        }\n");
        source = replaced(source, "if (tag < 0) {", "if (tag < 0 && tag != (byte) 200) {");
        Path file = Files.createDirectories(classes.resolve("source/dev/carillon/scope"))
                .resolve("EventWire.java");
        Files.writeString(file, source);
        ChildProcess.Ended compiled = ChildProcess.of(
                        ChildProcess.jdk("javac"),
                        "-proc:none",
                        "-d",
                        classes.toString(),
                        "-cp",
                        System.getProperty("java.class.path"),
                        file.toString())
                .run(Patience.LIMIT);
        assertThat(compiled.status()).as(compiled.toString()).isZero();
    }

    private static String replaced(String source, String text, String by) {
        assertThat(source).contains(text);
        return source.replace(text, by);
    }

    @AfterEach
    void stop() {
        nodes.forEach(ReleasedNode::close);
    }

    @Test
    @Tag("redis")
    void events_of_the_next_release_are_delivered_or_a_gap_over_redis() throws Exception {
        try (TestServer redis = Servers.redis()) {
            eventsAreDeliveredOrAGap("redis://127.0.0.1:" + redis.port());
        }
    }

    @Test
    @Tag("nats")
    void events_of_the_next_release_are_delivered_or_a_gap_over_nats() throws Exception {
        try (TestServer nats = Servers.nats()) {
            eventsAreDeliveredOrAGap("nats://127.0.0.1:" + nats.port());
        }
    }

    private void eventsAreDeliveredOrAGap(String broker) throws Exception {
        ReleasedNode today = start(TestJvm.commandLine(), "n1", broker);
        ReleasedNode next = start(withNext(TestJvm.commandLine()), "n2", broker);
        try (SseClient atToday =
                        SseClient.open(today.port(), "/events?topic=news").opened();
                SseClient atNext =
                        SseClient.open(next.port(), "/events?topic=news").opened()) {
            broadcast(next, "one");
            broadcast(next, FOR_NEXT + "two");
            broadcast(next, "three");
            broadcast(today, "four");
            atNext.awaitData("four");
            assertThat(atNext.data()).containsSubsequence("one", FOR_NEXT + "two", "three", "four");

            atToday.awaitData("four");
            assertThat(atToday.data())
                    .containsSubsequence("one", "three", "four")
                    .doesNotContain(FOR_NEXT + "two");
            assertThat(atToday.all()).extracting(SseClient.Received::type).contains("carillon.gap");
            assertThat(atToday.hasEnded()).isFalse();
            Awaitility.await().untilAsserted(() -> assertThat(today.text()).contains("skipped"));

            resumesWithAGap(today, idOf(atNext, "one"));
        }
    }

    /** A client that missed the event, too. */
    private static void resumesWithAGap(ReleasedNode at, String lastId) {
        try (SseClient client = SseClient.open(at.port(), "/events?topic=news", Map.of("Last-Event-ID", lastId))) {
            client.awaitData("four");
            assertThat(client.data()).containsSubsequence("three", "four").doesNotContain("one", FOR_NEXT + "two");
            assertThat(client.all()).extracting(SseClient.Received::type).contains("carillon.gap");
        }
    }

    private static String idOf(SseClient client, String data) {
        return client.all().stream()
                .filter(event -> data.equals(event.data()))
                .map(event -> String.valueOf(event.id()))
                .findFirst()
                .orElseThrow();
    }

    private static void broadcast(ReleasedNode at, String data) {
        HttpResponse<String> answer = TestCluster.send(HttpRequest.newBuilder(at.uri("/broadcast"))
                .header("Authorization", "Bearer " + TestCluster.token())
                .header("Content-Type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString("{\"scope\":\"topic:news\",\"data\":\"" + data + "\"}"))
                .build());
        assertThat(answer.statusCode()).as(answer.body()).isBetween(200, 202);
    }

    private ReleasedNode start(List<String> jvm, String id, String broker) throws IOException {
        ReleasedNode node =
                new ReleasedNode(ReleasedNode.program(jvm), id, broker, ReleasedNode.Ports.free(), Map.of());
        nodes.add(node);
        Awaitility.await().until(node::isReady);
        return node;
    }

    /** The same command line, with the next release's class before the others; without the cache of classes, which is for the others. */
    private List<String> withNext(List<String> jvm) {
        List<String> command = new ArrayList<>(jvm.stream()
                .filter(option -> !option.startsWith("-XX:AOTCache"))
                .toList());
        int path = command.indexOf("-cp") + 1;
        command.set(path, classes + File.pathSeparator + command.get(path));
        return command;
    }
}
