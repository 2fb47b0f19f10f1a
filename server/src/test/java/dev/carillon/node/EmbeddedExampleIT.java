package dev.carillon.node;

import static org.assertj.core.api.Assertions.assertThat;

import dev.carillon.process.ChildProcess;
import dev.carillon.testkit.Patience;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Compiles and runs the application of {@code examples/embedded} on the module path, against the jar of this module and its dependencies. */
@Tag("process")
class EmbeddedExampleIT {
    private static final Path EXAMPLE = Path.of("../examples/embedded");
    /** Jars that a module descriptor requires. Maven plugins put the others on the class path. */
    private static final Pattern MODULES = Pattern.compile(
            "carillon-edge|undertow-core|xnio-api|jackson-(?:core|annotations|databind)-|jjwt-api|micrometer-(core|registry)|caffeine-|slf4j-api|jspecify-"
                    + "|opentelemetry-(api|context|common)-");
    /** Jars on the class path of the application; those of the test tools are left out. */
    private static final Pattern OTHERS =
            Pattern.compile("xnio-nio|jboss-|wildfly-|smallrye-|jjwt-(impl|jackson)|micrometer-(commons|observation)"
                    + "|prometheus-|logback-|HdrHistogram-|LatencyUtils-");

    @TempDir
    Path classes;

    @Test
    void application_on_the_module_path_broadcasts_and_receives() throws IOException, InterruptedException {
        String modules =
                Stream.concat(Stream.of(jar()), entries(MODULES)).collect(Collectors.joining(File.pathSeparator));
        ChildProcess.Ended compiled = ChildProcess.of(
                        ChildProcess.jdk("javac"),
                        "-d",
                        classes.toString(),
                        "--module-path",
                        modules,
                        EXAMPLE.resolve("src/main/java/module-info.java").toString(),
                        EXAMPLE.resolve("src/main/java/com/example/embedded/Warehouse.java")
                                .toString())
                .merged()
                .run(Patience.LIMIT);
        assertThat(compiled.status()).as(compiled.out()).isZero();

        ChildProcess.Ended ended = ChildProcess.of(
                        ChildProcess.jdk("java"),
                        "--module-path",
                        classes + File.pathSeparator + modules,
                        "--class-path",
                        entries(OTHERS).collect(Collectors.joining(File.pathSeparator)),
                        "--module",
                        "com.example.embedded/com.example.embedded.Warehouse")
                .merged()
                .run(Patience.LIMIT);

        assertThat(ended.out()).contains("received 42 chairs", "done, in module com.example.embedded");
        assertThat(ended.status()).isZero();
    }

    @Test
    void application_sees_only_what_the_module_exports() throws IOException, InterruptedException {
        String modules =
                Stream.concat(Stream.of(jar()), entries(MODULES)).collect(Collectors.joining(File.pathSeparator));
        Path source = Files.writeString(
                classes.resolve("UsesInternals.java"),
                "class UsesInternals { dev.carillon.fanout.FanOut inner; io.undertow.Undertow server; }");
        ChildProcess.Ended compiled = ChildProcess.of(
                        ChildProcess.jdk("javac"),
                        "-d",
                        classes.toString(),
                        "--module-path",
                        modules,
                        EXAMPLE.resolve("src/main/java/module-info.java").toString(),
                        source.toString())
                .merged()
                .run(Patience.LIMIT);

        assertThat(compiled.status()).isNotZero();
        assertThat(compiled.out()).contains("does not export it");
    }

    private static String jar() throws IOException {
        try (Stream<Path> built = Files.list(Path.of("target"))) {
            return built.filter(
                            file -> file.getFileName().toString().matches("carillon-server-[0-9.]+(-SNAPSHOT)?\\.jar"))
                    .findFirst()
                    .orElseThrow(() -> new AssertionError("the jar of this module was not built"))
                    .toString();
        }
    }

    private static Stream<String> entries(Pattern named) {
        List<String> path = Arrays.asList(System.getProperty("java.class.path").split(File.pathSeparator));
        return path.stream()
                .filter(entry ->
                        named.matcher(Path.of(entry).getFileName().toString()).lookingAt()
                                // The reactor may not have packaged this module.
                                || named.equals(MODULES) && entry.endsWith("edge/target/classes"));
    }
}
