package dev.carillon.examples.pages;

import static org.awaitility.Awaitility.await;

import dev.carillon.node.Node;
import dev.carillon.node.TestCluster;
import dev.carillon.process.ChildProcess;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;

/** A node with the examples, in a process that can be killed. */
final class ExampleNode implements AutoCloseable {
    private final ChildProcess process;
    private final AtomicInteger port = new AtomicInteger();

    ExampleNode(String id, String broker, Path datastar) throws IOException {
        process = ChildProcess.of(List.of(
                        ChildProcess.jdk("java"),
                        "--enable-native-access=ALL-UNNAMED",
                        "--sun-misc-unsafe-memory-access=allow",
                        "-Xmx128m",
                        "-cp",
                        System.getProperty("java.class.path"),
                        ExampleNode.class.getName(),
                        id,
                        broker,
                        datastar.toString()))
                .onOutput(line -> {
                    if (line.startsWith("port ")) {
                        port.set(Integer.parseInt(line.substring(5)));
                    }
                })
                .endsWithInput()
                .start();
        await().until(() -> {
            if (!process.isAlive()) {
                throw new AssertionError(process.text());
            }
            return port.get() > 0;
        });
    }

    int port() {
        return port.get();
    }

    void kill() {
        process.kill();
    }

    @Override
    public void close() {
        process.close();
    }

    /** The process: it ends with its standard input. */
    public static void main(String[] args) throws IOException {
        try (Node node = Node.builder(TestCluster.config(args[0], args[1], Map.of()))
                .extension(new Examples(Path.of(args[2])))
                .start()) {
            System.out.println("port " + node.port());
            while (System.in.read() >= 0) {
                // Only its end counts.
            }
        }
    }
}
