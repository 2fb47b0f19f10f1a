package dev.carillon.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.carillon.node.TestCluster;
import dev.carillon.process.ChildProcess;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The programs of {@code docs/migration-websocket.md}, with a Socket.IO server of npm. */
@Tag("full")
@Tag("process")
@Tag("clients")
class MigrationIT {
    private static final Duration LIMIT = Duration.ofMinutes(2);

    @TempDir
    private Path folder;

    @Test
    void page_shows_each_message_of_both_servers_once_and_goes_on_with_one() throws Exception {
        write("publish.mjs");
        write("both.mjs");
        Files.copy(Path.of("../client-js/carillon.js"), folder.resolve("carillon.js"));
        Files.copy(Path.of("src/test/resources/migration.mjs"), folder.resolve("migration.mjs"));
        Files.writeString(folder.resolve("package.json"), "{\"private\": true, \"type\": \"module\"}");
        ChildProcess.Ended installed = run(
                "npm",
                "install",
                "--ignore-scripts",
                "--no-audit",
                "--no-fund",
                "--prefer-offline",
                "socket.io@4",
                "socket.io-client@4",
                "ws@8");
        assertThat(installed.status()).as(installed.err()).isZero();

        JsonNode result;
        try (TestCluster cluster = new TestCluster("memory://migration", 2, Map.of())) {
            ChildProcess.Ended ended = run(
                    Objects.requireNonNullElse(System.getenv("NODEJS"), "node"),
                    "migration.mjs",
                    "http://127.0.0.1:" + cluster.node(0).port(),
                    TestCluster.token());
            assertThat(ended.status()).as(ended.out() + ended.err()).isZero();
            result = new ObjectMapper().readTree(ended.out());
        }

        assertThat(numbers(result.path("shown"))).isEqualTo(upTo(150));
        assertThat(numbers(result.path("before"))).isEqualTo(upTo(150));
        assertThat(result.path("notes").asInt()).isEqualTo(2);
        assertThat(result.path("complete").toString()).isEqualTo("{\"byOld\":0,\"byNew\":0}");
        assertThat(result.path("alone").toString()).isEqualTo("{\"byOld\":50,\"byNew\":0}");
    }

    private ChildProcess.Ended run(String... command) throws IOException, InterruptedException {
        return ChildProcess.of(List.of(command)).directory(folder).run(LIMIT);
    }

    /** Writes a program of the page to a file. */
    private void write(String name) throws IOException {
        Matcher block = Pattern.compile("(?s)```js\\s+// " + name + "\n(.*?)```")
                .matcher(Files.readString(Path.of("../docs/migration-websocket.md")));
        assertThat(block.find()).as(name).isTrue();
        Files.writeString(folder.resolve(name), block.group(1));
    }

    private static List<Integer> numbers(JsonNode list) {
        return StreamSupport.stream(list.spliterator(), false)
                .map(JsonNode::asInt)
                .sorted()
                .toList();
    }

    private static List<Integer> upTo(int end) {
        return IntStream.range(0, end).boxed().toList();
    }
}
