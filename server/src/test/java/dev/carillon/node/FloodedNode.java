package dev.carillon.node;

import dev.carillon.process.ChildProcess;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/** A node in a process of its own with a small heap, for attacks on it. */
final class FloodedNode implements AutoCloseable {
    static final String HEAP = "256m";
    private static final long POLL_MILLIS = 10;

    private final BlockingQueue<String> out = new LinkedBlockingQueue<>();
    private final ChildProcess process;
    final int port;
    final int adminPort;

    FloodedNode() throws IOException {
        List<String> command = new ArrayList<>(List.of(
                ChildProcess.jdk("java"),
                "-XX:+UseCompactObjectHeaders",
                "-XX:+UseSerialGC",
                "--enable-native-access=ALL-UNNAMED",
                "--sun-misc-unsafe-memory-access=allow",
                "-XX:+ExitOnOutOfMemoryError",
                "-Xmx" + HEAP));
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), FloodedNode.class.getName()));
        process = ChildProcess.of(command).onOutput(out::add).start();
        port = Integer.parseInt(answer("port "));
        adminPort = Integer.parseInt(answer("admin "));
    }

    boolean isAlive() {
        return process.isAlive();
    }

    /** Bytes that are live after a collection. */
    long liveHeap() throws IOException {
        process.input().write('h');
        process.input().flush();
        return Long.parseLong(answer("heap "));
    }

    private String answer(String name) throws IOException {
        try {
            while (true) {
                String line = out.poll(POLL_MILLIS, TimeUnit.MILLISECONDS);
                if (line != null && line.startsWith(name)) {
                    return line.substring(name.length());
                }
                if (line == null && process.outputEnded() && out.isEmpty()) {
                    throw new AssertionError("the node has ended: " + process.text());
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException("interrupted");
        }
    }

    @Override
    public void close() {
        process.close();
    }

    /** The process: it ends with its standard input. */
    public static void main(String[] args) {
        Map<String, String> settings = Map.of("io-threads", "2");
        try (Node node = Node.start(TestCluster.config("flooded", "memory", settings))) {
            System.out.println("port " + node.port());
            System.out.println("admin " + node.adminPort());
            while (System.in.read() >= 0) {
                System.gc();
                Runtime runtime = Runtime.getRuntime();
                System.out.println("heap " + (runtime.totalMemory() - runtime.freeMemory()));
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
