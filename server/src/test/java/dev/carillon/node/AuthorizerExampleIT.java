package dev.carillon.node;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.carillon.process.ChildProcess;
import dev.carillon.testkit.SseClient;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The authorizer of docs/application.md, which {@code NODEJS} runs as a process. */
@Tag("process")
class AuthorizerExampleIT {
    private static final String BEGIN = "<!-- authorizer.mjs -->\n```js\n";

    @TempDir
    Path folder;

    @Test
    void example_of_the_page_lets_its_ticket_in_and_verifies_signatures() throws Exception {
        String page = Files.readString(Path.of("../docs/application.md"));
        int begin = page.indexOf(BEGIN) + BEGIN.length();
        Path program = Files.writeString(
                folder.resolve("authorizer.mjs"), page.substring(begin, page.indexOf("```\n", begin)));
        String key = "a-key-between-the-node-and-its-application";
        try (ChildProcess application = ChildProcess.of(
                        Objects.requireNonNullElse(System.getenv("NODEJS"), "node"), program.toString())
                .environment(all -> all.putAll(Map.of("CARILLON_AUTHORIZER_KEY", key, "PORT", "0")))
                .merged()
                .start()) {
            await().until(() -> application.out().matches("(?s)port \\d+\\s+"));
            String url = "http://127.0.0.1:" + application.out().strip().replace("port ", "") + "/authorize";
            try (TestCluster cluster = new TestCluster(
                    "memory://authorizer-example", 1, Map.of("authorizer", url, "authorizer-key", key))) {
                Node node = cluster.node(0);
                try (SseClient ann = stream(node, "ticket-of-ann").opened();
                        SseClient other = stream(node, "ticket-of-bob")) {
                    assertThat(ann.opening("user")).isEqualTo("ann");
                    assertThat(other.status()).startsWith("HTTP/1.1 401");
                    assertThat(TestCluster.post(
                                            node,
                                            "ticket-of-ann",
                                            "{\"scope\":\"topic:news\",\"data\":\"x\",\"private\":true}")
                                    .statusCode())
                            .isEqualTo(200);
                    ann.awaitData("x");
                }
            }
            assertThat(TestCluster.send(HttpRequest.newBuilder(URI.create(url))
                                    .header("Carillon-Signature", "t=1,v1=" + "0".repeat(64))
                                    .POST(BodyPublishers.ofString("{\"token\":\"ticket-of-ann\"}"))
                                    .build())
                            .statusCode())
                    .isEqualTo(403);
        }
    }

    private static SseClient stream(Node node, String ticket) {
        return SseClient.open(node.port(), "/events?topic=news", Map.of("Authorization", "Bearer " + ticket));
    }
}
