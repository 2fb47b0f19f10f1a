package dev.carillon.node;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** A node in a process of its own with a small heap, for attacks on it. */
final class FloodedNode implements AutoCloseable {
    static final String HEAP = "256m";
    private static final int END_SECONDS = 30;

    private final Process process;
    private final BufferedReader out;
    final int port;
    final int adminPort;

    FloodedNode(Path log) throws IOException {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:+UseCompactObjectHeaders",
                "-XX:+UseSerialGC",
                "--enable-native-access=ALL-UNNAMED",
                "--sun-misc-unsafe-memory-access=allow",
                "-XX:+ExitOnOutOfMemoryError",
                "-Xmx" + HEAP));
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), FloodedNode.class.getName()));
        process = new ProcessBuilder(command).redirectError(log.toFile()).start();
        out = new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
        port = Integer.parseInt(answer("port "));
        adminPort = Integer.parseInt(answer("admin "));
    }

    boolean isAlive() {
        return process.isAlive();
    }

    /** Bytes that are live after a collection. */
    long liveHeap() throws IOException {
        process.getOutputStream().write('h');
        process.getOutputStream().flush();
        return Long.parseLong(answer("heap "));
    }

    private String answer(String name) throws IOException {
        for (String line = out.readLine(); line != null; line = out.readLine()) {
            if (line.startsWith(name)) {
                return line.substring(name.length());
            }
        }
        throw new AssertionError("the node has ended");
    }

    @Override
    public void close() {
        process.destroy();
        try {
            if (!process.waitFor(END_SECONDS, TimeUnit.SECONDS)) {
                process.destroyForcibly();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            process.destroyForcibly();
        }
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
