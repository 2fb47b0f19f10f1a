package dev.carillon.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.carillon.node.Hub;
import dev.carillon.node.TestCluster;
import dev.carillon.process.ChildProcess;
import dev.carillon.testkit.Patience;
import dev.carillon.testkit.SseClient;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The commands of docs/application.md by which operators tell all clients of all tenants. */
@Tag("process")
@Tag("curl")
class SystemScopeExampleIT {
    private static final Path PAGE = Path.of("../docs/application.md");
    private static final String HEADING = "### To everyone: the `system` scope";

    @Test
    void the_commands_of_the_page_reach_clients_of_every_tenant_on_every_node(@TempDir Path dir) throws Exception {
        Files.writeString(dir.resolve("jwt.key"), TestCluster.KEY + "\n");
        Files.writeString(
                dir.resolve("carillon"),
                "#!/bin/sh\nexec '" + ChildProcess.jdk("java") + "' -XX:TieredStopAtLevel=1 -cp '"
                        + System.getProperty("java.class.path") + "' " + Main.class.getName() + " \"$@\"\n");
        Files.setPosixFilePermissions(dir.resolve("carillon"), PosixFilePermissions.fromString("rwx------"));
        try (TestCluster cluster = new TestCluster("memory://system-scope-example", 2, Map.of());
                SseClient one = open(cluster, 0, Map.of());
                SseClient other = open(cluster, 1, Hub.bearer(TestCluster.tokenOf("ann", "acme")))) {
            String commands = commands()
                    .replace("127.0.0.1:8080", "127.0.0.1:" + cluster.node(0).port());
            assertThat(commands).contains("./carillon token ", "curl ");

            ChildProcess.Ended ended =
                    ChildProcess.of("sh", "-e", "-c", commands).directory(dir).run(Patience.LIMIT);

            assertThat(ended.status()).as(ended.err()).isZero();
            assertThat(ended.out()).contains("{\"id\":");
            for (SseClient client : List.of(one, other)) {
                client.awaitData("Back at 18:00");
                assertThat(client.all())
                        .anySatisfy(event -> assertThat(event)
                                .isEqualTo(new SseClient.Received(null, "maintenance", "Back at 18:00", null)));
            }
        }
    }

    private static SseClient open(TestCluster cluster, int node, Map<String, String> headers) {
        return SseClient.open(cluster.node(node).port(), "/events", headers).opened();
    }

    /** The code of the section. */
    private static String commands() throws Exception {
        String page = Files.readString(PAGE);
        int begin = page.indexOf(HEADING);
        assertThat(begin).isPositive();
        return page.substring(begin, page.indexOf("\n### ", begin + 1))
                .lines()
                .filter(line -> line.startsWith("    "))
                .map(String::strip)
                .collect(Collectors.joining("\n"));
    }
}
