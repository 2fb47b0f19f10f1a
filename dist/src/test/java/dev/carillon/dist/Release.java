package dev.carillon.dist;

import static org.assertj.core.api.Assertions.assertThat;

import dev.carillon.process.ChildProcess;
import dev.carillon.testkit.Patience;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;

/**
 * Makes a release by the root script, from the jars of this build. Maven is a fake: it copies the jars, as the build that runs the tests must not be
 * started again.
 */
final class Release {
    private static final Path REPOSITORY = Path.of("..").toAbsolutePath().normalize();

    private final Path project;
    private final Path out;

    private Release(Path project, Path out) {
        this.project = project;
        this.out = out;
    }

    /** @param dir an empty folder for the project and the archive */
    static Release in(Path dir) throws IOException, InterruptedException {
        return new Release(project(dir), dir.resolve("out"));
    }

    /** Makes the archive, again at each call. */
    Path make() throws IOException, InterruptedException {
        ChildProcess.Ended dist = run(project, "./carillon", "dist", "--out", out.toString());
        assertThat(dist.status()).as(dist.err()).isZero();
        return archive();
    }

    /** The folder with the archive and its checksum. */
    Path folder() {
        return out;
    }

    Path archive() throws IOException {
        return only(out, ".tar.gz");
    }

    Path checksum() throws IOException {
        return only(out, ".sha256");
    }

    /** Unpacks the archive into a folder, and returns the folder of the release in it. */
    Path unpack(Path into) throws IOException, InterruptedException {
        ChildProcess.Ended tar = run(into, "tar", "-xzf", archive().toString());
        assertThat(tar.status()).as(tar.err()).isZero();
        return only(into, "carillon-");
    }

    /** What the root script reads of a checkout, and a Maven that copies the jars of this build. */
    private static Path project(Path dir) throws IOException, InterruptedException {
        Path project = Files.createDirectories(dir.resolve("project"));
        for (String part : List.of(
                "carillon",
                "build",
                "docs",
                "terraform",
                "kubernetes",
                "pom.xml",
                ".mvn",
                "README.md",
                "CHANGELOG.md",
                "SECURITY.md",
                "CONTRIBUTING.md",
                "LICENSE")) {
            copy(REPOSITORY.resolve(part), project);
        }
        Path dist = Files.createDirectories(project.resolve("dist"));
        try (Stream<Path> parts = Files.list(REPOSITORY.resolve("dist"))) {
            for (Path part : parts.filter(Release::isShipped).toList()) {
                copy(part, dist);
            }
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

    private static boolean isShipped(Path part) {
        return !Set.of("src", "target", "pom.xml").contains(part.getFileName().toString());
    }

    private static void copy(Path file, Path into) throws IOException, InterruptedException {
        ChildProcess.Ended copied =
                ChildProcess.of("cp", "-r", file.toString(), into.toString()).run(Patience.LIMIT);
        assertThat(copied.status()).as(copied.err()).isZero();
    }

    /** The same release under another version, with its checksum, in a folder of its own. */
    Path renamed(String version, String next) throws IOException, InterruptedException {
        Path folder = Files.createDirectories(out.resolveSibling("next"));
        String unpacked = unpack(folder).getFileName().toString();
        String name = archive().getFileName().toString().replace(version, next);
        ChildProcess.Ended ended = run(
                folder,
                "bash",
                "-ec",
                "mv %s carillon-%s; tar -c carillon-%s | gzip -1 > %s; sha256sum %s > %s"
                        .formatted(unpacked, next, next, name, name, name.replace(".tar.gz", ".sha256")));
        assertThat(ended.status()).as(ended.err()).isZero();
        return folder.resolve(name);
    }

    static Path only(Path folder, String part) throws IOException {
        try (Stream<Path> all = Files.list(folder)) {
            List<Path> found = all.filter(path -> path.getFileName().toString().contains(part))
                    .toList();
            assertThat(found).as(part).hasSize(1);
            return found.getFirst();
        }
    }

    /** Runs a command without the variables of this process, and without a JDK on the way of a release. */
    ChildProcess.Ended run(Path directory, String... command) throws IOException, InterruptedException {
        return child(directory, command).run(Patience.LIMIT.multipliedBy(3));
    }

    /** As {@link #run}, in the background. */
    ChildProcess start(Path directory, String... command) throws IOException {
        return child(directory, command).start();
    }

    private ChildProcess.Builder child(Path directory, String... command) {
        return ChildProcess.of(command).directory(directory).environment(environment -> {
            Map<String, String> kept = Map.of(
                    "PATH", String.valueOf(environment.get("PATH")),
                    "JAVA_HOME", System.getProperty("java.home"),
                    "MAVEN_HOME", project.resolve("maven").toString());
            environment.clear();
            environment.putAll(kept);
        });
    }
}
