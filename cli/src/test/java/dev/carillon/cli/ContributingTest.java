package dev.carillon.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.carillon.process.ChildProcess;
import dev.carillon.process.ServerProcess;
import dev.carillon.testkit.Patience;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Optional;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Runs every command of CONTRIBUTING.md by the real script, with a Maven and a JVM that print their arguments, and checks the files and test
 * classes that the page names.
 */
@Tag("process")
class ContributingTest {
    private static final Path ROOT = Path.of("..");
    private static final Pattern COMMAND =
            Pattern.compile("`((?:\\./carillon|mvn|jdb) [^`]*)`|^ {4}(\\S.*)$", Pattern.MULTILINE);
    private static final Pattern FILE = Pattern.compile("`((?:[a-z0-9-]+/)+[A-Za-z-]+\\.[a-z]+)`|\\]\\(([^):]+)\\)");
    private static final Pattern ONLY = Pattern.compile("--only (\\w+)(?:#(\\w+))?");
    private static final Pattern PHASE =
            Pattern.compile("mvn (verify|test-compile|spotless:apply)( -D([a-z.]+)=\\S+)?");
    /** Files that the script reads before it builds the third-party clients. */
    private static final List<String> CLIENT_FILES = List.of(
            "npm/package.json",
            "npm/package-lock.json",
            "clients/go/go.mod",
            "clients/go/go.sum",
            "clients/go/main.go",
            "clients/go/websocket.go",
            "clients/rust/Cargo.toml",
            "clients/rust/src/main.rs",
            "clients/rust/src/websocket.rs",
            "clients/python/requirements.txt",
            "clients/php/client.php",
            "clients/sh/client.sh");

    private static final String HANDSHAKE = "JDWP-Handshake";

    @TempDir
    @SuppressWarnings("NullAway.Init")
    private Path project;

    @BeforeEach
    void copy_the_script() throws IOException {
        Files.createDirectory(project.resolve("build"));
        Files.copy(ROOT.resolve("carillon"), project.resolve("carillon"));
        executable(project.resolve("carillon"));
        try (Stream<Path> parts = Files.list(ROOT.resolve("build"))) {
            for (Path part : parts.toList()) {
                Files.copy(part, project.resolve("build").resolve(part.getFileName()));
            }
        }
        for (MatchResult only : ONLY.matcher(page()).results().toList()) {
            write(ROOT.relativize(testClass(only.group(1))).toString(), "");
        }
        for (String file : CLIENT_FILES) {
            write("cli/src/test/" + file, "");
        }
        write("pom.xml", "<project>\n  <version>1</version>\n</project>\n");
        program("jdk/bin/javac", "");
        program("jdk/bin/java", "printf '<%s>' \"$@\"");
        write("jdk/release", "JAVA_VERSION=\"25.0.1\"\n");
        program("bin/mvn", """
                echo "$*" >>maven.calls
                mkdir -p cli/target/lib cli/target/surefire-reports
                touch cli/target/lib/some.jar cli/target/carillon-cli-1.jar
                echo '<testsuite tests="1" errors="0" skipped="0" failures="0">' >cli/target/surefire-reports/TEST-a.xml
                """);
        // Not root: nothing is installed.
        program("bin/id", "echo 1000");
        for (String name : List.of(
                "redis-server",
                "nats-server",
                "rabbitmqctl",
                "chromium",
                "curl",
                "python3",
                "spin",
                "cc",
                "prometheus",
                "promtool",
                "node",
                "npm",
                "go",
                "cargo",
                "php",
                "wget",
                "docker")) {
            program("bin/" + name, "echo version 99.0");
        }
    }

    static List<String> commands() throws IOException {
        return COMMAND.matcher(page())
                .results()
                .map(match -> match.group(1) == null ? match.group(2) : match.group(1))
                .toList();
    }

    @ParameterizedTest
    @MethodSource("commands")
    void every_command_works(String command) throws Exception {
        if (command.startsWith("mvn ")) {
            assertIsMaven(command);
        } else if (!command.startsWith("jdb ")) {
            ChildProcess.Ended run = run(command.split(" "));
            assertThat(run.status()).as(run.out() + run.err()).isNotEqualTo(2);
            assertThat(run.err()).doesNotContain("unknown option");
            if (command.contains(" test")) {
                assertTests(command);
            } else if (!command.equals("./carillon build")) {
                assertThat(run.out())
                        .endsWith("<dev.carillon.cli.Main><" + command.substring(command.lastIndexOf(' ') + 1) + ">");
            }
        }
    }

    private void assertTests(String command) throws IOException {
        String call = Files.readString(project.resolve("maven.calls"));
        int options = command.indexOf(" -- ");
        if (options >= 0) {
            assertThat(call).contains(command.substring(options + 4));
        }
        for (MatchResult only : ONLY.matcher(command).results().toList()) {
            Path test = testClass(only.group(1));
            assertThat(call)
                    .contains(" -pl " + ROOT.relativize(test).getName(0) + " -am ")
                    .contains((only.group(1).endsWith("IT") ? " -Dit.test=" : " -Dtest=")
                            + only.group().substring("--only ".length()) + " ");
            assertThat(Files.readString(test)).contains(only.group(2) == null ? "Test" : "void " + only.group(2) + "(");
        }
    }

    private static Path testClass(String name) throws IOException {
        try (Stream<Path> modules = Files.list(ROOT)) {
            for (Path tests : modules.map(module -> module.resolve("src/test/java"))
                    .filter(Files::isDirectory)
                    .toList()) {
                try (Stream<Path> files = Files.walk(tests)) {
                    Optional<Path> found =
                            files.filter(file -> file.endsWith(name + ".java")).findFirst();
                    if (found.isPresent()) {
                        return found.get();
                    }
                }
            }
        }
        throw new AssertionError("no test class " + name);
    }

    private static void assertIsMaven(String command) throws IOException {
        List<MatchResult> phase = PHASE.matcher(command).results().toList();
        assertThat(phase).as(command).hasSize(1);
        String property = phase.getFirst().group(3);
        if (property != null) {
            assertThat(Files.readString(ROOT.resolve("pom.xml"))).contains("<" + property + ">");
        }
    }

    @Test
    void a_debugger_can_attach_at_the_port_that_the_script_names() throws Exception {
        int port = ServerProcess.freePort();
        ChildProcess.Ended run = run("./carillon", "--debug=" + port, "serve");
        String agent = Pattern.compile("<(-agentlib:jdwp=[^>]+)>")
                .matcher(run.out())
                .results()
                .findFirst()
                .orElseThrow()
                .group(1);
        assertThat(run.err()).contains("carillon: a debugger can attach at 127.0.0.1:" + port + "\n");

        try (ChildProcess java = ChildProcess.of(
                        ChildProcess.jdk("java"),
                        agent,
                        "-cp",
                        System.getProperty("java.class.path"),
                        Waiting.class.getName())
                .endsWithInput()
                .start()) {
            await().until(() -> java.out().equals("ready\n"));
            try (Socket debugger = new Socket(InetAddress.getLoopbackAddress(), port)) {
                debugger.setSoTimeout(Patience.LIMIT_MILLIS);
                debugger.getOutputStream().write(HANDSHAKE.getBytes(StandardCharsets.US_ASCII));
                byte[] reply = debugger.getInputStream().readNBytes(HANDSHAKE.length());
                assertThat(new String(reply, StandardCharsets.US_ASCII)).isEqualTo(HANDSHAKE);
            }
        }
    }

    /** Runs until its input ends. */
    static final class Waiting {
        private Waiting() {}

        public static void main(String[] args) throws IOException {
            System.out.println("ready");
            int _ = System.in.read();
        }
    }

    @Test
    void a_debug_option_without_a_port_or_a_command_is_refused() throws Exception {
        assertThat(run("./carillon", "--debug=x", "up").err()).isEqualTo("carillon: --debug: x: must be a port\n");
        assertThat(run("./carillon", "--debug", "test").status()).isEqualTo(2);
        assertThat(run("./carillon", "test", "--only", "NoSuchTest").err())
                .isEqualTo("carillon: test: --only: NoSuchTest: must be the name of a test class\n");
    }

    @Test
    void every_file_that_the_page_names_exists() throws IOException {
        List<String> files = FILE.matcher(page())
                .results()
                .map(match -> match.group(1) == null ? match.group(2) : match.group(1))
                .toList();

        assertThat(files)
                .hasSizeGreaterThan(10)
                .allSatisfy(file -> assertThat(ROOT.resolve(file)).exists());
    }

    private static String page() throws IOException {
        return Files.readString(ROOT.resolve("CONTRIBUTING.md"));
    }

    private ChildProcess.Ended run(String... command) throws IOException, InterruptedException {
        return ChildProcess.of(command)
                .directory(project)
                .environment(variables -> {
                    variables.keySet().removeIf(name -> name.startsWith("CARILLON_") || name.endsWith("_SERVER"));
                    List.of("CHROMIUM", "NODEJS", "CURL", "CLIENTS", "PYTHON", "PROMETHEUS", "PROMTOOL", "MAVEN_HOME")
                            .forEach(variables.keySet()::remove);
                    variables.put("JAVA_HOME", project.resolve("jdk").toString());
                    variables.put("PATH", project.resolve("bin") + ":" + System.getenv("PATH"));
                })
                .run(Patience.LIMIT);
    }

    private void program(String name, String script) throws IOException {
        executable(write(name, "#!/bin/sh\n" + script + "\n"));
    }

    private Path write(String name, String text) throws IOException {
        Path file = project.resolve(name);
        Files.createDirectories(file.resolve("..").normalize());
        return Files.writeString(file, text);
    }

    private static void executable(Path file) throws IOException {
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
    }
}
