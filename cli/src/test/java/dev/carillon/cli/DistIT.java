package dev.carillon.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.carillon.process.ChildProcess;
import dev.carillon.process.ServerProcess;
import dev.carillon.testkit.Patience;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Makes a release by the root script, from the jars of this build, and runs it without the JDK. Maven is a fake: it copies the jars, as the build that
 * runs this test must not be started again.
 */
@Tag("process")
class DistIT {
    private static final boolean FULL = Boolean.getBoolean("carillon.full");
    private static final Path REPOSITORY = Path.of("..").toAbsolutePath().normalize();
    private static final Pattern INSTALLED = Pattern.compile("/opt/carillon/([a-z/.]+)");

    @TempDir
    @SuppressWarnings("NullAway.Init")
    private Path dir;

    @Test
    void release_runs_from_its_archive_with_its_own_java() throws Exception {
        Path project = project();
        Path out = dir.resolve("out");

        ChildProcess.Ended dist = run(project, "./carillon", "dist", "--out", out.toString());

        assertThat(dist.status()).as(dist.err()).isZero();
        Path archive = only(out, ".tar.gz");
        assertThat(run(out, "sha256sum", "--check", only(out, ".sha256").toString())
                        .status())
                .isZero();
        if (FULL) {
            byte[] first = Files.readAllBytes(archive);
            assertThat(run(project, "./carillon", "dist", "--out", out.toString())
                            .status())
                    .isZero();
            assertThat(Files.readAllBytes(archive)).as("two runs").isEqualTo(first);
        }

        assertThat(run(dir, "tar", "-xzf", archive.toString()).status()).isZero();
        Path release = only(dir, "carillon-");
        assertThat(run(release, "bin/carillon", "--version").out()).startsWith("carillon ");
        assertThat(run(release, "./carillon", "token", "--help").status()).isZero();
        assertThat(release.resolve("carillon.cdx.json")).exists();
        assertThat(release.resolve("legal")).isDirectoryContaining("glob:**/jackson-core-*");
        assertThat(release.resolve("monitoring"))
                .isDirectoryContaining("glob:**/prometheus-rules.yml")
                .isDirectoryContaining("glob:**/grafana-carillon.json");
        assertUnitsNameFilesOf(release);
        assertServes(release);
    }

    private void assertServes(Path release) throws IOException, InterruptedException {
        int admin = ServerProcess.freePort();
        Path config = Files.writeString(
                release.resolve("conf/test.properties"),
                Files.readString(release.resolve("conf/carillon.properties"))
                        .replace("#port=8080", "port=0")
                        .replace("#admin-port=9080", "admin-port=" + admin)
                        .replace("#internal-port=7080", "internal-port=0")
                        .replace("#jwt-key=\n", "jwt-key=" + "k".repeat(40) + "\n")
                        .replace("#secret=\n", "secret=" + "s".repeat(40) + "\n"));
        String url = "http://127.0.0.1:" + admin;
        String cache = "CARILLON_CACHE_DIR=" + dir.resolve("a cache");
        assertThat(run(release, "env", cache, "bin/carillon", "prepare").err()).startsWith("carillon: prepared ");
        assertThat(run(release, "env", cache, "bin/carillon", "prepare").err())
                .isEqualTo("carillon: prepared before\n");
        try (ChildProcess node = start(release, "env", cache, "bin/carillon", "serve", "--config", config.toString())) {
            await().until(() -> node.out().contains("serves http://"));
            assertThat(run(release, "bin/carillon", "health", "--url", url).out())
                    .isEqualTo("ready\n");
            node.terminate();
            assertThat(node.awaitExit(Patience.LIMIT)).hasValue(0);
        }
        ChildProcess.Ended after = run(release, "bin/carillon", "health", "--url", url);
        assertThat(after.status()).isEqualTo(1);
        assertThat(after.err()).startsWith("carillon: not ready: cannot connect to " + url);

        ChildProcess.Ended misused = run(release, "bin/carillon", "serve", "--port", "x");
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

    /** What the root script reads of a checkout, and a Maven that copies the jars of this build. */
    private Path project() throws IOException, InterruptedException {
        Path project = Files.createDirectories(dir.resolve("project"));
        for (String part : List.of(
                "carillon",
                "build",
                "dist",
                "docs",
                "pom.xml",
                ".mvn",
                "README.md",
                "CHANGELOG.md",
                "SECURITY.md",
                "CONTRIBUTING.md",
                "LICENSE")) {
            assertThat(run(dir, "cp", "-r", REPOSITORY.resolve(part).toString(), project.toString())
                            .status())
                    .isZero();
        }
        Files.createDirectories(project.resolve("cli/src/main"));
        Files.writeString(project.resolve("cli/pom.xml"), "");
        Path maven = Files.writeString(
                Files.createDirectories(project.resolve("maven/bin")).resolve("mvn"),
                """
                        #!/bin/sh
                        set -e
                        mkdir -p cli/target
                        case $* in
                            *makeBom*) echo '{"bomFormat":"CycloneDX"}' >cli/target/bom.json ;;
                            *) cp -r JARS/lib JARS/carillon-cli-*.jar cli/target/ ;;
                        esac
                        """.replace("JARS", REPOSITORY.resolve("cli/target").toString()));
        Files.setPosixFilePermissions(maven, PosixFilePermissions.fromString("rwxr-xr-x"));
        return project;
    }

    private static Path only(Path folder, String part) throws IOException {
        try (Stream<Path> all = Files.list(folder)) {
            List<Path> found = all.filter(path -> path.getFileName().toString().contains(part))
                    .toList();
            assertThat(found).as(part).hasSize(1);
            return found.getFirst();
        }
    }

    private ChildProcess.Ended run(Path directory, String... command) throws IOException, InterruptedException {
        return child(directory, command).run(Patience.LIMIT.multipliedBy(3));
    }

    private ChildProcess start(Path directory, String... command) throws IOException {
        return child(directory, command).start();
    }

    private ChildProcess.Builder child(Path directory, String... command) {
        return ChildProcess.of(command).directory(directory).environment(environment -> {
            Map<String, String> kept = Map.of(
                    "PATH", String.valueOf(environment.get("PATH")),
                    "JAVA_HOME", System.getProperty("java.home"),
                    "MAVEN_HOME", dir.resolve("project/maven").toString());
            environment.clear();
            environment.putAll(kept);
        });
    }
}
