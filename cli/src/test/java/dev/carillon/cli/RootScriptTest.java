package dev.carillon.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.carillon.process.ChildProcess;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Runs the root script in an empty project with fakes of Java and Maven that print their arguments. */
@Tag("process")
class RootScriptTest {
    private static final String FAKE_MAVEN = """
            #!/bin/sh
            # The format is checked beside the tests.
            case $* in
                *spotless:check*)
                    echo "$*" >>format.calls
                    if [ -e unformatted ]; then
                        cat unformatted
                        exit 1
                    fi
                    exit
                    ;;
            esac
            echo "$*" >>maven.calls
            echo "${MAVEN_OPTS-}" >maven.options
            echo "$JAVA_HOME" >maven.java
            mkdir running || echo 'two at once' >>maven.calls
            rmdir running
            if [ -e broken ]; then
                echo '[INFO] much'
                echo '[ERROR] Key.java:[1,1] is broken'
                echo '[ERROR] -> [Help 1]'
                exit 1
            fi
            mkdir -p cli/target/lib cli/target/surefire-reports server/target/failsafe-reports
            touch cli/target/lib/some.jar cli/target/carillon-cli-1.jar
            case $* in
                *verify*)
                    cp report-1.xml cli/target/surefire-reports/TEST-a.xml
                    cp report-2.xml server/target/failsafe-reports/TEST-b.xml
                    if [ -e summary ]; then
                        cat summary
                        exit 1
                    fi
                    ;;
            esac
            """;

    @TempDir
    @SuppressWarnings("NullAway.Init")
    private Path dir;

    @SuppressWarnings("NullAway.Init")
    private Path root;

    private record Run(int status, String out, String err) {}

    /** One that runs, and where its output goes. */
    @BeforeEach
    void project() throws IOException {
        root = Files.createDirectories(dir.resolve("a project"));
        copy(Path.of("../carillon"), root.resolve("carillon"));
        Files.createDirectory(root.resolve("build"));
        try (Stream<Path> parts = Files.list(Path.of("../build"))) {
            parts.forEach(part -> copy(part, root.resolve("build").resolve(part.getFileName())));
        }
        write("pom.xml", "<project>\n  <version>1.2.3</version>\n</project>\n");
        write(".mvn/jvm.config", "");
        write("cli/pom.xml", "");
        write("server/pom.xml", "");
        write("server/src/main/java/A.java", "");
        write("client-js/carillon.js", "");
        write("docs/openapi.yaml", "");
        write("report-1.xml", report(5, 0, 0, 0));
        write("report-2.xml", report(4, 0, 0, 1));
        program("jdk/bin/javac", "");
        program("jdk/bin/java", "#!/bin/sh\nprintf '<%s>' \"$@\"\n");
        write("jdk/release", "JAVA_VERSION=\"25.0.1\"\n");
        program("bin/mvn", FAKE_MAVEN);
        program("bin/redis-server", "#!/bin/sh\necho 'Redis server v=7.2.4 sha=0 bits=64'\n");
        program("bin/nats-server", "#!/bin/sh\necho 'nats-server: v2.10.27'\n");
        program("bin/rabbitmqctl", "#!/bin/sh\necho 3.10.8\n");
        program("bin/chromium", "#!/bin/sh\necho 'Chromium 156.0.1 built on Debian'\n");
        program("bin/node", "#!/bin/sh\necho v20.1.0\n");
        program("bin/curl", "#!/bin/sh\necho 'curl 8.1.2 (some system)'\n");
        program("bin/spin", "#!/bin/sh\necho 'Spin Version 6.5.2 -- 6 December 2019'\n");
        program("bin/cc", "#!/bin/sh\necho 'cc (some system) 12.2.0'\n");
        program("bin/haproxy", "#!/bin/sh\necho 'HAProxy version 2.6.12-1 2023/01/01'\n");
        program("bin/caddy", "#!/bin/sh\necho v2.6.2\n");
        program("bin/nginx", "#!/bin/sh\necho 'nginx version: nginx/1.22.1' >&2\n");
        program("bin/prometheus", "#!/bin/sh\necho 'prometheus, version 2.42.0'\n");
        program("bin/promtool", "#!/bin/sh\necho 'promtool, version 2.42.0'\n");
        program("bin/terraform", "#!/bin/sh\necho 'Terraform v1.12.3'\n");
        program("bin/helm", "#!/bin/sh\necho 'v3.14.2+gc309b6f'\n");
        program("bin/npm", "#!/bin/sh\necho \"$*\" >>npm.calls\n");
        program("bin/go", "#!/bin/sh\necho \"$*\" >>\"$CLIENTS/go.calls\"\n");
        program("bin/cargo", "#!/bin/sh\nmkdir -p target/debug\n: >target/debug/carillon-test-clients\n");
        program("bin/python3", """
                #!/bin/sh
                if [ $# -eq 1 ]; then echo 'Python 3.11.2'; exit; fi
                mkdir -p "$3/bin"
                cp "$(command -v php)" "$3/bin/pip"
                for p in caddy nginx traefik valkey-server nats-server; do cp "$(command -v wget)" "$3/bin/$p"; done
                """);
        program("bin/php", "#!/bin/sh\n");
        // The programs from PyPI, too.
        program("bin/wget", "#!/bin/sh\necho 9.9.9\n");
        program("bin/docker", "#!/bin/sh\necho 'Docker version 27.1.0'\n");
        program("bin/podman", "#!/bin/sh\necho 'podman version 4.3.1'\n");
        write(".cache/clients/datastar/datastar.js", "export {};\n");
        for (String image : List.of("base", "machine", "services", "remote")) {
            write(".cache/images/" + image + ".tar", "");
        }
        for (String file : List.of(
                "go/go.mod",
                "go/go.sum",
                "go/main.go",
                "go/websocket.go",
                "go/websocket.go",
                "rust/Cargo.toml",
                "rust/src/main.rs",
                "rust/src/websocket.rs",
                "rust/src/websocket.rs",
                "python/requirements.txt",
                "php/client.php",
                "sh/client.sh")) {
            write("cli/src/test/clients/" + file, "of the test");
        }
        write("cli/src/test/npm/package.json", "{}");
        write("cli/src/test/npm/package-lock.json", "{}");
        write("examples/show/pom.xml", "");
        write("examples/show/src/main/resources/page.html", "");
        for (String file : List.of(
                "pom.xml",
                ".mvn",
                ".mvn/jvm.config",
                "cli/pom.xml",
                "server/pom.xml",
                "client-js/carillon.js",
                "examples/show/pom.xml")) {
            touch(file, Instant.EPOCH);
        }
    }

    @Test
    void builds_what_is_stale_with_one_line_and_runs_the_command() {
        Run run = run("token", "--data", "two words", "*");

        assertThat(run.status()).isZero();
        assertThat(run.err()).matches("carillon: building \\.\\.\\. done in \\d+ s\n");
        assertThat(run.out()).endsWith("<dev.carillon.cli.Main><token><--data><two words><*>");
    }

    @Test
    void is_quiet_when_nothing_needs_building() {
        run("token");

        assertThat(run("token").err()).isEmpty();
        assertThat(run("build").err()).isEqualTo("carillon: nothing to build\n");
        assertThat(mavenCalls()).hasSize(1);
    }

    @Test
    void builds_again_after_a_source_was_changed_added_or_removed() throws IOException {
        run("build");
        touch("server/src/main/java/A.java", Instant.now().plusSeconds(60));
        run("build");
        touch("server/src/main/java/A.java", Instant.EPOCH);
        Files.delete(root.resolve("server/src/main/java/A.java"));
        touch("server/src/main/java", Instant.now().plusSeconds(60));
        run("build");
        touch("server/src/main/java", Instant.EPOCH);
        touch("examples/show/src/main/resources/page.html", Instant.now().plusSeconds(60));
        run("build");
        touch("examples/show/src/main/resources/page.html", Instant.EPOCH);
        touch("client-js/carillon.js", Instant.now().plusSeconds(60));
        run("build");

        assertThat(mavenCalls()).hasSize(5);
    }

    @Test
    void servers_alone_start_with_the_cache_that_build_makes_and_ones_own_options_come_later() throws IOException {
        program("jdk/bin/java", """
                #!/bin/sh
                for arg; do case $arg in -XX:AOTCacheOutput=*) echo made >"${arg#*=}" ;; esac; done
                printf '<%s>' "$@"
                """);
        String cache = "<-XX:AOTCache=" + root.resolve("cli/target/app/servers.aot") + ">";

        assertThat(run("serve").out()).doesNotContain("AOTCache");
        run("build");
        Run serve = finish(start(
                Map.of("CARILLON_JAVA_OPTS", "-XX:+UseSerialGC"),
                root.resolve("carillon").toString(),
                "serve"));
        assertThat(serve.out()).contains("<-XX:+UseCompactObjectHeaders>", cache + "<-XX:+UseSerialGC><-cp>");
        assertThat(run("token").out()).doesNotContain("AOTCache");
        touch("server/src/main/java/A.java", Instant.now().plusSeconds(60));
        assertThat(run("serve").out()).doesNotContain("AOTCache");
    }

    @Test
    void a_build_that_fails_shows_why_and_is_tried_again() throws IOException {
        write("broken", "");
        Run run = run("token");

        assertThat(run.status()).isEqualTo(1);
        assertThat(run.err()).endsWith("[ERROR] Key.java:[1,1] is broken\n[ERROR] -> [Help 1]\n");
        assertThat(run.out()).isEmpty();

        Files.delete(root.resolve("broken"));
        assertThat(run("token").status()).isZero();
    }

    @Test
    void several_at_once_build_once() {
        List<ChildProcess> started =
                Stream.generate(() -> start("token")).limit(6).toList();

        assertThat(started).allSatisfy(one -> assertThat(finish(one).status()).isZero());
        assertThat(mavenCalls()).hasSize(1);
    }

    @Test
    void works_through_a_symbolic_link_from_another_directory() throws IOException {
        Path link = Files.createSymbolicLink(dir.resolve("link"), root.resolve("carillon"));

        Run run = finish(start(Map.of(), link.toString(), "token"));

        assertThat(run.status()).isZero();
        assertThat(run.out()).contains("<" + root + "/cli/target/app/*>");
    }

    @Test
    void passes_on_more_options_for_the_jvm() {
        Run run = finish(start(
                Map.of("CARILLON_JAVA_OPTS", "-Xmx64m -Da=*"),
                root.resolve("carillon").toString(),
                "up"));

        assertThat(run.out()).contains("<-Xmx64m><-Da=*><-cp>");
    }

    @Test
    void a_jdk_that_is_too_old_is_not_taken() throws IOException {
        write("jdk/release", "JAVA_VERSION=\"17.0.9\"\n");

        Run run = run("build");

        if (run.status() == 0) {
            assertThat(read(root.resolve("maven.java"))).isNotEqualTo(root.resolve("jdk") + "\n");
        } else {
            // This machine has no other.
            assertThat(run.err()).matches("carillon: no JDK 25 or newer \\(found: 17 in .*\n");
        }
    }

    @Test
    void tells_the_version_and_the_commands_without_building() {
        assertThat(run("--version").out()).isEqualTo("carillon 1.2.3\n");
        assertThat(run("--help").out()).contains("  up ", "  broadcast ");
        assertThat(mavenCalls()).isEmpty();
    }

    @Test
    void a_misuse_is_one_line_and_status_2() {
        assertThat(run()).isEqualTo(new Run(2, "", "carillon: no command; see ./carillon --help\n"));
        assertThat(run("build", "all")).isEqualTo(new Run(2, "", "carillon: build: all: takes no options\n"));
        assertThat(run("test", "--fast"))
                .isEqualTo(new Run(2, "", "carillon: test: --fast: unknown option; see ./carillon test --help\n"));
    }

    @Test
    void every_command_of_the_script_itself_has_a_help() {
        for (String command : List.of("build", "test")) {
            for (String help : List.of("--help", "-h")) {
                Run run = run(command, help);
                assertThat(run.status()).isZero();
                assertThat(run.out()).contains("Usage: ./carillon " + command);
                assertThat(run.err()).isEmpty();
            }
        }
        assertThat(mavenCalls()).isEmpty();
    }

    @Test
    void servers_are_got_only_for_a_command_whose_options_are_right() throws IOException {
        program("jdk/bin/java", """
                #!/bin/sh
                case " $* " in
                *-Dcarillon.check=true*' foo '*) echo 'carillon: fault: foo: must be another' >&2; exit 2 ;;
                *-Dcarillon.check=true*) echo checked ;;
                *) echo ran ;;
                esac
                """);

        Run wrong = run("faults", "--fault", "foo");
        assertThat(wrong.status()).isEqualTo(2);
        assertThat(wrong.err())
                .endsWith("carillon: fault: foo: must be another\n")
                .doesNotContain("redis-server");
        assertThat(wrong.out()).isEmpty();

        for (String[] command : new String[][] {{"faults"}, {"bench", "broadcast"}}) {
            Run right = run(command);
            assertThat(right.status()).isZero();
            assertThat(right.err()).contains("redis-server", "nats-server");
            assertThat(right.out()).isEqualTo("ran\n");
        }
    }

    @Test
    void the_tests_end_with_the_totals_of_all_modules() {
        Run run = run("test");

        assertThat(run.status()).isZero();
        assertThat(run.err())
                .contains(
                        "redis 7.2.4: ",
                        "nats 2.10.27: ",
                        "rabbitmq: ",
                        "chromium 156.0.1: ",
                        "curl 8.1.2: ",
                        "python3 3.11.2: ",
                        "spin 6.5.2: ",
                        "spin 12.2.0: ",
                        "haproxy 2.6.12: ",
                        "nginx 1.22.1: ",
                        "caddy-current 9.9.9: ",
                        "traefik 9.9.9: ",
                        "terraform 1.12.3: ",
                        "prometheus 2.42.0: ",
                        "clients 20.1.0: ");
        assertThat(run.out()).endsWith("\n8 passed, 0 failed, 1 skipped\n");
        assertThat(run("build").err()).isEqualTo("carillon: nothing to build\n");
    }

    @Test
    void the_full_tests_and_options_for_maven_reach_it() {
        run("test");
        assertThat(read(root.resolve("maven.options"))).startsWith("-XX:TieredStopAtLevel=1 -XX:+UseSerialGC -Xmn256m");
        run("test", "--full", "--", "-pl", "cli");

        assertThat(read(root.resolve("maven.options"))).doesNotContain("-XX:");
        assertThat(read(root.resolve("format.calls"))).isEqualTo("-B --fail-at-end spotless:check\n");
        assertThat(mavenCalls())
                .containsExactly(
                        "-B --fail-at-end -Dmaven.test.failure.ignore=true -Dspotless.check.skip=true verify -Dcarillon.full=false -Dcarillon.test.jvm.args=-XX:TieredStopAtLevel=1 -XX:+UseSerialGC -Dcarillon.checks=few -Dcarillon.test.timeout=3 m -Dcarillon.tests.seconds=1800",
                        "-B --fail-at-end -Dmaven.test.failure.ignore=true -Dspotless.check.skip=true verify -Dcarillon.full=true -Dcarillon.test.jvm.args= -Dcarillon.checks=all -Dcarillon.test.timeout=2 h -Dcarillon.tests.seconds=14400 -Dcarillon.test.unless-full= -pl cli");
    }

    @Test
    void a_failure_or_an_error_fails_the_tests() {
        write("report-1.xml", report(5, 1, 1, 0));

        Run run = run("test");

        assertThat(run.status()).isEqualTo(1);
        assertThat(run.out()).endsWith("\n6 passed, 2 failed, 1 skipped\n");
    }

    @Test
    void failed_tests_of_all_modules_are_named_with_their_messages_before_the_totals() {
        write("report-1.xml", """
                <?xml version="1.0" encoding="UTF-8"?>
                <testsuite name="a" time="0.1" tests="3" errors="1" skipped="0" failures="1">
                  <testcase name="good" classname="dev.A" time="0.1">
                    <system-out><![CDATA[
                  <testcase name="printed" classname="dev.A">
                    <failure/>
                ]]></system-out>
                  </testcase>
                  <testcase name="bad{String, int}[1]" classname="dev.A" time="0.1">
                    <failure message="&#10;expected: &lt;1&gt;&#10; but was: 2" type="x">text</failure>
                  </testcase>
                  <testcase name="" classname="dev.B" time="0.1">
                    <error type="x">text</error>
                  </testcase>
                </testsuite>
                """);
        Run run = run("test");
        assertThat(run.status()).isEqualTo(1);
        assertThat(run.out()).endsWith("""

                        failed: cli: dev.A.bad{String, int}[1]
                            expected: <1> but was: 2
                        failed: cli: dev.B
                            x
                        4 passed, 2 failed, 1 skipped
                        """);
    }

    @Test
    void modules_that_were_not_tested_are_named_before_the_totals() {
        write("summary", """
                [INFO] --- failsafe:3.6.1:integration-test (default) @ carillon-proxy ---
                [ERROR] There was a timeout in the fork
                [INFO] Reactor Summary for Carillon 1.2.3:
                [INFO] Carillon server .................................... SUCCESS [  1.0 s]
                [INFO] Carillon broker: redis ............................. FAILURE [  1.0 s]
                [INFO] Carillon command line .............................. SKIPPED
                [INFO] BUILD FAILURE
                """);
        Run run = run("test");
        assertThat(run.status()).isEqualTo(1);
        assertThat(run.out()).endsWith("""

                not tested to the end: carillon-proxy (There was a timeout in the fork)
                not tested: Carillon broker: redis (see above)
                not tested: Carillon command line (it needs one that failed)
                8 passed, 0 failed, 1 skipped
                """);
    }

    @Test
    void modules_that_are_not_formatted_are_named_and_yet_all_are_tested() {
        write("unformatted", """
                [INFO] --- spotless-maven-plugin:3.11.0:check (default-cli) @ carillon-server ---
                [INFO] Reactor Summary for Carillon 1.2.3:
                [INFO] Carillon server .................................... FAILURE [  1.0 s]
                [INFO] Carillon command line .............................. SKIPPED
                [INFO] BUILD FAILURE
                """);
        Run run = run("test");
        assertThat(run.status()).isEqualTo(1);
        assertThat(run.out())
                .endsWith("\n\nnot formatted: Carillon server (see above)\n8 passed, 0 failed, 1 skipped\n");
    }

    @Test
    void tests_of_what_cannot_be_installed_are_left_out_and_that_is_said_and_in_full_a_failure() {
        program("bin/id", "#!/bin/sh\necho 1000\n");
        program("bin/redis-server", "#!/bin/sh\necho 'Redis server v=6.2.4'\n");
        program("bin/npm", "#!/bin/sh\nexit 1\n");
        program("bin/wget", "#!/bin/sh\necho 1.2.3\n");
        program("bin/terraform", "#!/bin/sh\necho 'Terraform v1.10.5'\n");
        Run run = run("test");
        assertThat(run.status()).isZero();
        assertThat(mavenCalls())
                .first()
                .asString()
                .endsWith(" -Dcarillon.test.without=|redis|caddy-current|nginx-current|traefik|terraform|clients");
        assertThat(run.out()).endsWith("""

                not run: redis (no redis-server 7.0 or newer: install it (package redis-server), or set REDIS_SERVER)
                not run: caddy-current (no caddy 2.11 or newer: install it, or set CADDY_CURRENT)
                not run: nginx-current (no nginx 1.30 or newer: install it, or set NGINX_SERVER_CURRENT)
                not run: traefik (no traefik 3.7 or newer: install it, or set TRAEFIK)
                not run: terraform (no terraform 1.11 or newer: install it, or set TERRAFORM)
                not run: clients (npm cannot install the packages of %s/cli/src/test/npm/package-lock.json)
                8 passed, 0 failed, 1 skipped
                """.formatted(root));
        assertThat(run("test", "--full").status()).isEqualTo(1);
        Run faults = run("faults", "--broker=redis");
        assertThat(faults.status()).isEqualTo(1);
        assertThat(faults.err())
                .startsWith(
                        "carillon: no redis-server 7.0 or newer: install it (package redis-server), or set REDIS_SERVER");
    }

    @Test
    void one_kind_of_tests_is_run_alone() {
        for (String kind : List.of("--unit", "--integration", "--process")) {
            assertThat(run("test", kind).status()).isZero();
        }
        assertThat(mavenCalls().stream()
                        .map(call -> call.replaceAll("^.*skip=true | -Dcarillon.full.*seconds=1800", "")))
                .containsExactly(
                        "verify -DskipITs -Dcarillon.test.without=|process",
                        "verify -Dcarillon.test.skip-unit=true -Dcarillon.test.without=|process",
                        "verify -Dcarillon.test.only=process -Dcarillon.test.skip-own-jvm=true -Dcarillon.test.without=");
        assertThat(run("test", "--unit", "--process"))
                .isEqualTo(new Run(
                        2,
                        "",
                        "carillon: test: --process: cannot be combined with --unit; see ./carillon test --help\n"));
        assertThat(mavenCalls()).hasSize(3);
    }

    @Test
    void a_run_without_any_test_fails() {
        write("report-1.xml", report(0, 0, 0, 0));
        write("report-2.xml", report(0, 0, 0, 0));

        Run run = run("test");

        assertThat(run.status()).isEqualTo(1);
        assertThat(run.out()).endsWith("\ncarillon: no test was run\n");
    }

    @Test
    void a_server_that_was_named_and_is_too_old_is_refused() {
        program("old-nats", "#!/bin/sh\necho 'nats-server: v2.9.10'\n");

        Run run = finish(start(
                Map.of("NATS_SERVER", root.resolve("old-nats").toString()),
                root.resolve("carillon").toString(),
                "test"));

        assertThat(run.status()).isEqualTo(1);
        assertThat(run.err()).endsWith("old-nats: must be a nats-server 2.10 or newer\n");
    }

    @Test
    void a_browser_that_was_named_and_is_none_is_refused() {
        Run run = finish(start(
                Map.of("CHROMIUM", root.resolve("none").toString()),
                root.resolve("carillon").toString(),
                "test"));

        assertThat(run.status()).isEqualTo(1);
        assertThat(run.err()).endsWith("none: must be a program chromium\n");
        assertThat(mavenCalls()).isEmpty();
    }

    @Test
    void clients_are_got_once_for_each_lock_file() {
        run("test");
        run("test");
        Path calls = root.resolve(".cache/clients/npm.calls");
        assertThat(read(calls)).isEqualTo("ci --ignore-scripts --no-audit --no-fund --prefer-offline\n");

        write("cli/src/test/npm/package-lock.json", "{ }");
        run("test");
        assertThat(read(calls).lines()).hasSize(2);
    }

    @Test
    void clients_are_built_once_for_each_change_of_their_files() {
        run("test", "--full");
        run("test", "--full");
        Path calls = root.resolve(".cache/clients/go.calls");
        assertThat(read(calls).lines()).hasSize(1);

        write("cli/src/test/clients/go/main.go", "changed");
        run("test", "--full");
        assertThat(read(calls).lines()).hasSize(2);
    }

    @Test
    void default_tests_build_no_clients_in_compiled_languages() {
        assertThat(run("test").status()).isZero();

        assertThat(root.resolve(".cache/clients/python")).exists();
        assertThat(root.resolve(".cache/clients/go.calls")).doesNotExist();
        assertThat(root.resolve(".cache/clients/rust")).doesNotExist();
    }

    @Test
    void clients_that_cannot_be_built_are_named_and_the_tests_go_on() {
        program("bin/cargo", "#!/bin/sh\nexit 101\n");

        Run run = run("test", "--full");

        assertThat(run.status()).isEqualTo(1);
        assertThat(run.out()).contains("8 passed");
        assertThat(run.err()).contains("carillon: not run: clients in rust (cargo cannot build them; ");
    }

    @Test
    void a_node_js_that_was_named_and_is_too_old_is_refused() {
        program("old-node", "#!/bin/sh\necho v16.20.2\n");

        Run run = finish(start(
                Map.of("NODEJS", root.resolve("old-node").toString()),
                root.resolve("carillon").toString(),
                "test"));

        assertThat(run.status()).isEqualTo(1);
        assertThat(run.err()).endsWith("old-node: must be a node 18.0 or newer\n");
    }

    private static String report(int tests, int failures, int errors, int skipped) {
        return "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuite name=\"a\" time=\"0.1\" tests=\"" + tests
                + "\" errors=\"" + errors + "\" skipped=\"" + skipped + "\" failures=\"" + failures
                + "\">\n  <testcase name=\"b\"/>\n</testsuite>";
    }

    private Run run(String... args) {
        return finish(start(args));
    }

    private ChildProcess start(String... args) {
        return start(
                Map.of(),
                Stream.concat(Stream.of(root.resolve("carillon").toString()), Stream.of(args))
                        .toArray(String[]::new));
    }

    private ChildProcess start(Map<String, String> variables, String... command) {
        try {
            return ChildProcess.of(command)
                    .directory(dir)
                    .environment(environment -> {
                        environment.keySet().removeIf(name -> name.startsWith("CARILLON_") || name.endsWith("_SERVER"));
                        List.of(
                                        "RABBITMQCTL",
                                        "SPIN",
                                        "CC",
                                        "CHROMIUM",
                                        "NODEJS",
                                        "CURL",
                                        "CLIENTS",
                                        "PYTHON",
                                        "HAPROXY",
                                        "CADDY",
                                        "CADDY_CURRENT",
                                        "NGINX_SERVER_CURRENT",
                                        "TRAEFIK",
                                        "TERRAFORM",
                                        "PROMETHEUS",
                                        "PROMTOOL",
                                        "MAVEN_HOME",
                                        "MAVEN_OPTS")
                                .forEach(environment.keySet()::remove);
                        environment.put("JAVA_HOME", root.resolve("jdk").toString());
                        environment.put("PATH", root.resolve("bin") + ":" + System.getenv("PATH"));
                        environment.putAll(variables);
                    })
                    .start();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Run finish(ChildProcess started) {
        try (started) {
            int status = started.awaitExit();
            return new Run(status, started.out(), started.err());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError(e);
        }
    }

    private List<String> mavenCalls() {
        Path calls = root.resolve("maven.calls");
        return Files.exists(calls) ? read(calls).lines().toList() : List.of();
    }

    private static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void write(String name, String text) {
        try {
            Path file = root.resolve(name);
            Files.createDirectories(root.resolve(name).resolve("..").normalize());
            Files.writeString(file, text, StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void program(String name, String text) {
        write(name, text);
        try {
            Files.setPosixFilePermissions(root.resolve(name), PosixFilePermissions.fromString("rwxr-xr-x"));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void touch(String name, Instant when) throws IOException {
        Files.setLastModifiedTime(root.resolve(name), FileTime.from(when));
    }

    private static void copy(Path from, Path to) {
        try {
            Files.copy(from, to, StandardCopyOption.COPY_ATTRIBUTES);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
