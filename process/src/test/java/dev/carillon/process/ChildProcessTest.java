package dev.carillon.process;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("process")
class ChildProcessTest {
    private static final Duration LIMIT = Duration.ofMinutes(1);

    @Test
    void each_line_is_passed_to_the_consumer_of_its_output_and_kept() throws Exception {
        List<String> out = Collections.synchronizedList(new ArrayList<>());
        List<String> err = Collections.synchronizedList(new ArrayList<>());

        ChildProcess.Ended ended = sh("printf 'one\\r\\ntwo\\n\\nlast'; echo wrong >&2; exit 3")
                .onOutput(out::add)
                .onError(err::add)
                .run(LIMIT);

        assertThat(ended.status()).isEqualTo(3);
        assertThat(ended.out()).isEqualTo("one\r\ntwo\n\nlast");
        assertThat(ended.err()).isEqualTo("wrong\n");
        assertThat(out).containsExactly("one", "two", "", "last");
        assertThat(err).containsExactly("wrong");
    }

    @Test
    void only_the_end_of_a_long_output_is_kept_and_the_process_never_waits_for_a_reader() throws Exception {
        ChildProcess.Ended ended =
                sh("yes 12345678 | head -c 9000000; echo end").merged().run(LIMIT);

        assertThat(ended.status()).isZero();
        assertThat(ended.out()).hasSize(Output.MAX_KEPT).endsWith("12345678\nend\n");
    }

    @Test
    void variables_are_those_of_this_process_with_the_changes() throws Exception {
        ChildProcess.Ended ended = sh("echo \"$ADDED,$PATH\"")
                .environment(variables -> variables.put("ADDED", "yes"))
                .run(LIMIT);

        assertThat(ended.out()).isEqualTo("yes," + System.getenv("PATH") + "\n");
    }

    @Test
    void a_program_that_exceeds_its_limit_is_killed_and_the_error_has_its_output() throws Exception {
        BlockingQueue<String> pids = new LinkedBlockingQueue<>();

        // With a limit of 0 it is always too slow.
        assertThatThrownBy(
                        () -> sh("echo $$; exec sleep 1000").onOutput(pids::add).run(Duration.ZERO))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("did not end within 0 s");

        // It may have been killed before it printed.
        Optional.ofNullable(pids.poll()).ifPresent(pid -> await().atMost(LIMIT).until(() -> hasEnded(pid)));
    }

    @Test
    void a_process_is_killed_with_its_descendants() throws Exception {
        BlockingQueue<String> pids = new LinkedBlockingQueue<>();
        ChildProcess child =
                sh("echo $$; sleep 1000 & echo $!; wait").onOutput(pids::add).start();
        String parent = next(pids);
        String descendant = next(pids);
        assertThat(hasEnded(descendant)).isFalse();

        child.close();

        await().atMost(LIMIT).until(() -> hasEnded(parent) && hasEnded(descendant));
    }

    @Test
    void a_signal_reaches_the_process_and_none_reaches_one_that_has_ended() throws Exception {
        BlockingQueue<String> lines = new LinkedBlockingQueue<>();
        try (ChildProcess child = sh("trap 'echo heard; exit 7' USR1; echo ready; while :; do sleep 0.1; done")
                .onOutput(lines::add)
                .start()) {
            assertThat(next(lines)).isEqualTo("ready");

            assertThat(child.signal("USR1")).isTrue();

            assertThat(child.awaitExit(LIMIT)).hasValue(7);
            assertThat(lines).containsExactly("heard");
            assertThat(child.signal("USR1")).isFalse();
        }
    }

    @Test
    void output_after_sigterm_is_read() throws Exception {
        BlockingQueue<String> lines = new LinkedBlockingQueue<>();
        try (ChildProcess child = sh("trap 'echo ending; exit 3' TERM; echo ready; while :; do sleep 0.1; done")
                .onOutput(lines::add)
                .start()) {
            assertThat(next(lines)).isEqualTo("ready");

            child.terminate();

            assertThat(child.awaitExit(LIMIT)).hasValue(3);
            assertThat(child.out()).isEqualTo("ready\nending\n");
        }
    }

    @Test
    void children_do_not_outlive_a_process_that_exits() throws Exception {
        BlockingQueue<String> pids = new LinkedBlockingQueue<>();

        int status = java(Parent.class, "exit").onOutput(pids::add).run(LIMIT).status();

        assertThat(status).isZero();
        String killed = next(pids);
        String asked = next(pids);
        await().atMost(LIMIT).until(() -> hasEnded(killed) && hasEnded(asked));
    }

    @Test
    void a_child_that_ends_with_its_input_does_not_outlive_a_process_that_is_halted() throws Exception {
        BlockingQueue<String> pids = new LinkedBlockingQueue<>();

        int status = java(Parent.class, "halt").onOutput(pids::add).run(LIMIT).status();

        assertThat(status).isEqualTo(9);
        String killed = next(pids);
        String asked = next(pids);
        await().atMost(LIMIT).until(() -> hasEnded(asked));
        ProcessHandle.of(Long.parseLong(killed)).ifPresent(ProcessHandle::destroyForcibly);
    }

    /** Waits as long as a child has to end. */
    @Tag("full")
    @Test
    void a_stopped_child_is_killed_by_a_process_that_exits() throws Exception {
        BlockingQueue<String> pids = new LinkedBlockingQueue<>();

        int status =
                java(Parent.class, "stubborn").onOutput(pids::add).run(LIMIT).status();

        assertThat(status).isZero();
        String killed = next(pids);
        String stopped = next(pids);
        await().atMost(LIMIT).until(() -> hasEnded(killed) && hasEnded(stopped));
    }

    /** Starts a child that must be killed and one that ends with its input; exits without ending them. */
    static final class Parent {
        private Parent() {}

        public static void main(String[] args) throws IOException {
            System.out.println(ChildProcess.of("sleep", "1000").start().pid());
            ChildProcess asked = ChildProcess.of("cat").endsWithInput().start();
            System.out.println(asked.pid());
            if (args[0].equals("stubborn")) {
                boolean _ = asked.signal("STOP");
            }
            if (args[0].equals("halt")) {
                Runtime.getRuntime().halt(9);
            }
            System.exit(0);
        }
    }

    private static ChildProcess.Builder sh(String script) {
        return ChildProcess.of("sh", "-c", script);
    }

    private static ChildProcess.Builder java(Class<?> main, String argument) {
        return ChildProcess.of(
                ChildProcess.jdk("java"), "-cp", System.getProperty("java.class.path"), main.getName(), argument);
    }

    private static String next(BlockingQueue<String> lines) throws InterruptedException {
        String line = lines.poll(LIMIT.toMillis(), TimeUnit.MILLISECONDS);
        assertThat(line).as("a line").isNotNull();
        return String.valueOf(line);
    }

    private static boolean hasEnded(String pid) {
        return ProcessHandle.of(Long.parseLong(pid))
                .map(process -> !process.isAlive())
                .orElse(true);
    }
}
