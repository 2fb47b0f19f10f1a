package dev.carillon.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.carillon.node.TestCluster;
import dev.carillon.process.ChildProcess;
import dev.carillon.process.ServerProcess;
import dev.carillon.testkit.Patience;
import java.io.IOException;
import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A node of an earlier release, or of this one, as a process. */
final class ReleasedNode implements AutoCloseable {
    private final Ports ports;
    private final ChildProcess process;

    /** What stays the same when a node is started again. */
    record Ports(int clients, int admin, int internal) {
        static Ports free() {
            return new Ports(ServerProcess.freePort(), ServerProcess.freePort(), ServerProcess.freePort());
        }
    }

    /**
     * @param earlier null: this release
     * @param more variables
     */
    ReleasedNode(@Nullable EarlierRelease earlier, String id, String broker, Ports ports, Map<String, String> more)
            throws IOException {
        this(earlier == null ? program(TestJvm.commandLine()) : earlier.command(), id, broker, ports, more);
    }

    /** The commands of this release, by a JVM. */
    static List<String> program(List<String> jvm) {
        List<String> program = new ArrayList<>(jvm);
        program.add(Main.class.getName());
        return program;
    }

    /** @param program the begin of a command line; the command {@code serve} follows */
    ReleasedNode(List<String> program, String id, String broker, Ports ports, Map<String, String> more)
            throws IOException {
        this.ports = ports;
        String[] arguments = {
            "serve",
            "--stop-with-stdin",
            "--lightshow",
            "--port",
            Integer.toString(ports.clients()),
            "--admin-port",
            Integer.toString(ports.admin()),
            "--internal-port",
            Integer.toString(ports.internal())
        };
        List<String> command = new ArrayList<>(program);
        command.addAll(List.of(arguments));
        process = ChildProcess.of(command)
                .environment(environment -> {
                    EarlierRelease.clear(environment);
                    environment.putAll(Map.of(
                            "CARILLON_BROKER",
                            broker,
                            "CARILLON_NODE_ID",
                            id,
                            "CARILLON_JWT_KEY",
                            TestCluster.KEY,
                            "CARILLON_SECRET",
                            TestCluster.SECRET,
                            "CARILLON_OPERATOR_TOKEN",
                            TestCluster.OPERATOR,
                            "CARILLON_ANONYMOUS",
                            "true"));
                    environment.putAll(more);
                })
                .endsWithInput()
                .start();
    }

    int port() {
        return ports.clients();
    }

    int adminPort() {
        return ports.admin();
    }

    URI uri(String path) {
        return URI.create("http://127.0.0.1:" + port() + path);
    }

    boolean isReady() {
        if (!process.isAlive()) {
            throw new AssertionError("ended: " + process.text());
        }
        try {
            return TestCluster.get(adminPort(), "/health/ready").statusCode() == 200;
        } catch (RuntimeException | AssertionError e) {
            return false;
        }
    }

    /** Begins to drain it. */
    void leave() {
        process.closeInput();
    }

    /** Returns when the node has drained and ended. */
    void drain() throws InterruptedException {
        leave();
        assertThat(process.awaitExit(Patience.LIMIT)).as(process.text()).hasValue(0);
    }

    /** What it has printed. */
    String text() {
        return process.text();
    }

    @Override
    public void close() {
        process.close();
    }
}
