package dev.carillon.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.carillon.mercure.MercureHub;
import dev.carillon.node.Hub;
import dev.carillon.node.TestCluster;
import dev.carillon.process.ChildProcess;
import dev.carillon.testkit.Patience;
import dev.carillon.testkit.SseClient;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/** A publisher that is nothing but curl. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@Tag("process")
@Tag("curl")
class CurlPublisherIT {
    private static final String TOPIC = "https://example.com/books/1?a=b&c=d";

    @TempDir
    @SuppressWarnings("NullAway.Init")
    private Path dir;

    @SuppressWarnings("NullAway.Init")
    private TestCluster cluster;

    @BeforeAll
    void start() {
        cluster = new TestCluster("memory://curl", 3, Map.of());
    }

    @AfterAll
    void stop() {
        cluster.close();
    }

    @Test
    void published_update_arrives_unchanged_and_the_answer_is_its_id() {
        String data = "100 % of \"ünï\" + more & = ?\nsecond line";
        try (SseClient other = Hub.subscribe(cluster.node(2), TOPIC)) {
            String made = curl(0, token(), "topic=" + TOPIC, "data=" + data, "type=price");
            String given = curl(1, token(), "topic=" + TOPIC, "data=two", "id=urn:a book:ü", "retry=1500");

            other.await(2);
            assertThat(made).startsWith("urn:uuid:");
            assertThat(given).isEqualTo("urn:a book:ü");
            assertThat(other.all())
                    .containsExactly(
                            new SseClient.Received(made, "price", data, null),
                            new SseClient.Received("urn:a book:ü", null, "two", "1500"));
        }
    }

    @Test
    void a_private_update_comes_to_those_alone_who_may_have_it() {
        String secret = "https://example.com/users/1";
        try (SseClient reader = SseClient.open(
                        cluster.node(1).port(),
                        Hub.subscription(secret),
                        Hub.bearer(Hub.token(List.of(), List.of(secret))));
                SseClient stranger = Hub.subscribe(cluster.node(2), secret)) {
            curl(0, token(), "topic=" + secret, "data=mine", "private=on");
            curl(0, token(), "topic=" + secret, "data=everybody's");

            reader.awaitData("everybody's");
            stranger.awaitData("everybody's");
            assertThat(reader.data()).containsExactly("mine", "everybody's");
            assertThat(stranger.data()).containsExactly("everybody's");
        }
    }

    @Test
    void a_token_that_does_not_grant_the_topic_is_a_failure_that_says_so() {
        assertThat(curl(0, Hub.token(List.of("https://other.test/"), List.of()), "topic=" + TOPIC))
                .contains("not-granted", TOPIC.substring(0, 20), "\"status\":401");
    }

    private static String token() {
        return Hub.token(List.of("*"), List.of());
    }

    /** What it prints. The token is in a file: command lines are seen by everybody on the machine. */
    private String curl(int node, String token, String... fields) {
        List<String> command = new ArrayList<>(List.of(
                Objects.requireNonNullElse(System.getenv("CURL"), "curl"),
                "--silent",
                "--show-error",
                "--header",
                "@" + dir.resolve("token"),
                "http://127.0.0.1:" + cluster.node(node).port() + MercureHub.PATH));
        for (String field : fields) {
            command.add("--data-urlencode");
            command.add(field);
        }
        try {
            Files.writeString(dir.resolve("token"), "Authorization: Bearer " + token + "\n");
            return ChildProcess.of(command).merged().run(Patience.LIMIT).out();
        } catch (IOException e) {
            throw new UncheckedIOException(
                    "curl cannot be run: install it, set CURL to the program, or run ./carillon test", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError(e);
        }
    }
}
