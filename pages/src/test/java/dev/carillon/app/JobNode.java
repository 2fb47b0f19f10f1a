package dev.carillon.app;

import dev.carillon.node.Node;
import dev.carillon.node.TestCluster;
import dev.carillon.process.ChildProcess;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;

/** A node with a job of one second, in a process that can be killed and paused. */
final class JobNode implements AutoCloseable {
    /** A run; the monotonic clock is the same for all processes of this machine. */
    record Run(long fence, long beginNanos, long endNanos) {}

    /** So long a run works: another one in this time would overlap. */
    private static final Duration WORK = Duration.ofMillis(20);

    final String id;
    final List<Run> runs = new CopyOnWriteArrayList<>();
    private final List<Run> all;
    private final ChildProcess process;

    /** @param all receives the runs, too */
    JobNode(String id, String broker, List<Run> all) throws IOException {
        this.id = id;
        this.all = all;
        List<String> command = new ArrayList<>(List.of(
                ChildProcess.jdk("java"),
                "--enable-native-access=ALL-UNNAMED",
                "--sun-misc-unsafe-memory-access=allow",
                "-Xmx128m",
                "-cp",
                System.getProperty("java.class.path"),
                JobNode.class.getName(),
                id,
                broker));
        process = ChildProcess.of(command).onOutput(this::line).endsWithInput().start();
    }

    private void line(String line) {
        if (line.startsWith("run ")) {
            String[] parts = line.split(" ", -1);
            Run run = new Run(Long.parseLong(parts[1]), Long.parseLong(parts[2]), Long.parseLong(parts[3]));
            all.add(run);
            runs.add(run);
        }
    }

    void kill() {
        process.kill();
    }

    void signal(String signal) {
        if (!process.signal(signal)) {
            throw new AssertionError(id + " has ended: " + process.text());
        }
    }

    @Override
    public void close() {
        process.close();
    }

    /** The process: it ends with its standard input. */
    public static void main(String[] args) throws IOException {
        App app = Carillon.app(AppOptions.defaults()).job("tick", Duration.ofSeconds(1), run -> {
            long begin = System.nanoTime();
            while (System.nanoTime() - begin < WORK.toNanos()) {
                Thread.onSpinWait();
            }
            System.out.println("run " + run.fence() + " " + begin + " " + System.nanoTime());
        });
        try (Node _ = Node.builder(TestCluster.config(args[0], args[1], Map.of()))
                .extension(app)
                .start()) {
            while (System.in.read() >= 0) {
                // Only its end counts.
            }
        }
    }
}
