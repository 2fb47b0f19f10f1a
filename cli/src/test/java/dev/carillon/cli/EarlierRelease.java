package dev.carillon.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.carillon.lab.cluster.Commands;
import dev.carillon.process.ChildProcess;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * An earlier release, built from its commit, in {@code .cache/earlier}. Nothing has been released yet, so it is a commit; {@code -Dcarillon.earlier=COMMIT}
 * chooses another one.
 */
final class EarlierRelease {
    private static final String COMMIT =
            System.getProperty("carillon.earlier", "eb810629281e0ed77a6727c0288c58bca4ec35c0");
    private static final Path ROOT = Path.of("..").toAbsolutePath().normalize();
    private static final Duration BUILD_LIMIT = Duration.ofMinutes(20);

    private final Path folder;

    private EarlierRelease(Path folder) {
        this.folder = folder;
    }

    /** Builds it, if that has not been done before. Fails without the history of the repository. */
    static EarlierRelease build() throws IOException, InterruptedException {
        Path folder = ROOT.resolve(".cache/earlier").resolve(COMMIT);
        if (!Files.exists(folder.resolve("carillon"))) {
            Path work = Files.createDirectories(ROOT.resolve(".cache/earlier/" + COMMIT + ".new"));
            int status = ChildProcess.of(
                            "sh",
                            "-c",
                            "git -C \"$1\" cat-file -e \"$2^{commit}\" && git -C \"$1\" archive \"$2\" | tar -x -C \"$3\"",
                            "sh",
                            ROOT.toString(),
                            COMMIT,
                            work.toString())
                    .run(BUILD_LIMIT)
                    .status();
            assertThat(status)
                    .as("the history of the repository must have commit " + COMMIT + ": a shallow clone has not")
                    .isZero();
            Files.move(work, folder);
        }
        EarlierRelease release = new EarlierRelease(folder);
        ChildProcess.Ended built = ChildProcess.of(release.command("token", "--help"))
                .environment(EarlierRelease::clear)
                .run(BUILD_LIMIT);
        assertThat(built.status()).as(built.toString()).isZero();
        return release;
    }

    /** A command of this release. */
    List<String> command(String... arguments) {
        List<String> command =
                new ArrayList<>(List.of(folder.resolve("carillon").toString()));
        command.addAll(List.of(arguments));
        return command;
    }

    static void clear(Map<String, String> environment) {
        environment.keySet().removeIf(Commands::isSetting);
        // The script finds the JDK of these tests.
        environment.put("JAVA_HOME", System.getProperty("java.home"));
    }
}
