package dev.carillon.cli;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ThreadLocalRandom;
import java.util.stream.IntStream;

/** {@code up} as a process, on ports that are free: three nodes, and the proxy. */
final class UpProcess implements AutoCloseable {
    static final int NODES = 3;

    private final CommandProcess command;
    private final int port;

    private UpProcess(CommandProcess command, int port) {
        this.command = command;
        this.port = port;
    }

    static UpProcess start(String broker, String... more) {
        int port = freePorts();
        List<String> args = new ArrayList<>(
                List.of("up", "--port", Integer.toString(port), "--broker", broker, "--broker-start-timeout", "30s"));
        args.addAll(List.of(more));
        UpProcess up = new UpProcess(CommandProcess.start(Map.of(), args.toArray(String[]::new)), port);
        up.command.awaitLine("Ctrl-C stops everything");
        return up;
    }

    CommandProcess command() {
        return command;
    }

    /** The proxy's. */
    int port() {
        return port;
    }

    /** Address of a node, counted from 1. */
    String node(int number) {
        return "http://127.0.0.1:" + (port + number);
    }

    String token() {
        return command.awaitLine("export CARILLON_TOKEN=(\\S+)").group(1);
    }

    /** Process of a node, where it is one of its own. */
    ProcessHandle member(int number) {
        String pid =
                command.awaitLine("  n" + number + "     .* process (\\d+)").group(1);
        return ProcessHandle.of(Long.parseLong(pid)).orElseThrow();
    }

    List<ProcessHandle> members() {
        return IntStream.rangeClosed(1, NODES).mapToObj(this::member).toList();
    }

    @Override
    public void close() {
        command.close();
    }

    /** A port that has, as {@code up} needs it, free ones after it. */
    static int freePorts() {
        return IntStream.generate(() -> ThreadLocalRandom.current().nextInt(20_000, 30_000))
                .filter(port -> ports(port).allMatch(UpProcess::isFree))
                .findFirst()
                .orElseThrow();
    }

    static IntStream ports(int port) {
        return IntStream.concat(
                IntStream.of(port),
                IntStream.rangeClosed(1, NODES)
                        .flatMap(i -> IntStream.of(port + i, port + NODES + i, port + 2 * NODES + i)));
    }

    static boolean isFree(int port) {
        try (ServerSocket socket = new ServerSocket()) {
            socket.setReuseAddress(true);
            socket.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
            return true;
        } catch (IOException e) {
            return false;
        }
    }
}
