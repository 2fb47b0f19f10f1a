package dev.carillon.cli.dev;

import dev.carillon.process.ChildProcess;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;

/** The libraries of a Maven project, as Maven resolves them. */
final class MavenLibraries {
    /** Maven may have to download them. */
    private static final Duration LIMIT = Duration.ofMinutes(10);

    private static final int SHOWN_LINES = 5;
    /** Of all scopes: no other choice has the provided ones as well as those of the runtime. The version is that of the build of Carillon, and not an old one of Maven's own. */
    private static final String GOAL = "org.apache.maven.plugins:maven-dependency-plugin:3.8.1:build-classpath";

    private static final Pattern OURS =
            Pattern.compile("<parent>(?:(?!</parent>).)*<artifactId>\\s*carillon-parent\\s*<", Pattern.DOTALL);

    private MavenLibraries() {}

    /** Whether a project is a module of Carillon itself, whose libraries this process has. */
    static boolean areOurs(Project project) throws IOException {
        return OURS.matcher(Files.readString(project.pom())).find();
    }

    /**
     * Asks Maven.
     *
     * @throws IOException when Maven is missing or fails; its message is for the user
     */
    static List<Path> of(Project project) throws IOException, InterruptedException {
        if (areOurs(project)) {
            return List.of();
        }
        Path answer = Files.createTempFile("carillon-dev-", ".classpath");
        try {
            ChildProcess.Ended maven = ChildProcess.of(
                            maven(project),
                            "-q",
                            "-B",
                            "-f",
                            project.pom().toString(),
                            GOAL,
                            "-Dmdep.outputFile=" + answer)
                    .directory(project.root())
                    .merged()
                    .run(LIMIT);
            if (maven.status() != 0) {
                throw new IOException("Maven cannot resolve the dependencies of " + project.pom() + ": "
                        + String.join(
                                " ",
                                maven.out()
                                        .lines()
                                        .filter(line -> line.startsWith("[ERROR]"))
                                        .limit(SHOWN_LINES)
                                        .toList()));
            }
            return Arrays.stream(Files.readString(answer).strip().split(File.pathSeparator, -1))
                    .filter(entry -> !entry.isEmpty())
                    .map(Path::of)
                    .toList();
        } finally {
            Files.deleteIfExists(answer);
        }
    }

    /** The wrapper of the project, else the program on the path. */
    private static String maven(Project project) {
        boolean windows = System.getProperty("os.name").toLowerCase(Locale.ROOT).contains("win");
        Path wrapper = project.root().resolve(windows ? "mvnw.cmd" : "mvnw");
        return Files.isExecutable(wrapper) ? wrapper.toString() : windows ? "mvn.cmd" : "mvn";
    }
}
