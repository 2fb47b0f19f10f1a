package dev.carillon.dist;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.carillon.process.ChildProcess;
import dev.carillon.process.ServerProcess;
import dev.carillon.testkit.Patience;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Makes a release, and runs it without the JDK. */
@Tag("process")
class DistIT {
    private static final boolean FULL = Boolean.getBoolean("carillon.full");
    private static final Pattern INSTALLED = Pattern.compile("/opt/carillon/([a-z/.]+)");

    @TempDir
    @SuppressWarnings("NullAway.Init")
    private Path dir;

    @Test
    void release_runs_from_its_archive_with_its_own_java() throws Exception {
        Release release = Release.in(dir);
        Path archive = release.make();

        assertThat(release.run(
                                release.folder(),
                                "sha256sum",
                                "--check",
                                release.checksum().toString())
                        .status())
                .isZero();
        if (FULL) {
            byte[] first = Files.readAllBytes(archive);
            assertThat(Files.readAllBytes(release.make())).as("two runs").isEqualTo(first);
        }

        Path unpacked = release.unpack(dir);
        assertThat(release.run(unpacked, "bin/carillon", "--version").out()).startsWith("carillon ");
        assertThat(release.run(unpacked, "./carillon", "token", "--help").status())
                .isZero();
        assertThat(unpacked.resolve("carillon.cdx.json")).exists();
        assertThat(unpacked.resolve("legal")).isDirectoryContaining("glob:**/jackson-core-*");
        assertThat(unpacked.resolve("monitoring"))
                .isDirectoryContaining("glob:**/prometheus-rules.yml")
                .isDirectoryContaining("glob:**/grafana-carillon.json");
        assertUnitsNameFilesOf(unpacked);
        assertServes(release, unpacked);
    }

    private void assertServes(Release release, Path unpacked) throws IOException, InterruptedException {
        int admin = ServerProcess.freePort();
        Path config = Files.writeString(
                unpacked.resolve("conf/test.properties"),
                Files.readString(unpacked.resolve("conf/carillon.properties"))
                        .replace("#port=8080", "port=0")
                        .replace("#admin-port=9080", "admin-port=" + admin)
                        .replace("#internal-port=7080", "internal-port=0")
                        .replace("#jwt-key=\n", "jwt-key=" + "k".repeat(40) + "\n")
                        .replace("#secret=\n", "secret=" + "s".repeat(40) + "\n"));
        String url = "http://127.0.0.1:" + admin;
        String cache = "CARILLON_CACHE_DIR=" + dir.resolve("a cache");
        assertThat(release.run(unpacked, "env", cache, "bin/carillon", "prepare")
                        .err())
                .startsWith("carillon: prepared ");
        assertThat(release.run(unpacked, "env", cache, "bin/carillon", "prepare")
                        .err())
                .isEqualTo("carillon: prepared before\n");
        try (ChildProcess node =
                release.start(unpacked, "env", cache, "bin/carillon", "serve", "--config", config.toString())) {
            await().until(() -> node.out().contains("serves http://"));
            assertThat(release.run(unpacked, "bin/carillon", "health", "--url", url)
                            .out())
                    .isEqualTo("ready\n");
            node.terminate();
            assertThat(node.awaitExit(Patience.LIMIT)).hasValue(0);
        }
        ChildProcess.Ended after = release.run(unpacked, "bin/carillon", "health", "--url", url);
        assertThat(after.status()).isEqualTo(1);
        assertThat(after.err()).startsWith("carillon: not ready: cannot connect to " + url);

        ChildProcess.Ended misused = release.run(unpacked, "bin/carillon", "serve", "--port", "x");
        assertThat(misused.status())
                .as("the units do not restart a node with this status")
                .isEqualTo(2);
        assertThat(misused.err().lines()).hasSize(1);
    }

    private static void assertUnitsNameFilesOf(Path release) throws IOException {
        for (String unit : List.of("carillon.service", "carillon@.service")) {
            String text = Files.readString(release.resolve("systemd").resolve(unit));
            assertThat(text).contains("Restart=always", "RestartPreventExitStatus=2", "NoNewPrivileges=yes");
            assertThat(INSTALLED.matcher(text).results().map(path -> path.group(1)))
                    .isNotEmpty()
                    .allSatisfy(path -> assertThat(release.resolve(path)).exists());
        }
    }
}
