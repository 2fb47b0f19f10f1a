package dev.carillon.lab.sticky;

import dev.carillon.lab.LabException;
import dev.carillon.lab.cluster.Commands;
import dev.carillon.lab.cluster.ServiceProcess;
import dev.carillon.process.ProcessCost;
import java.io.IOException;
import java.io.PrintStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/** Nodes in a process of their own, so that its processor time is theirs. */
final class NodesProcess implements AutoCloseable {
    static final String READY = "carillon: nodes serve ";

    private static final Duration START = Duration.ofSeconds(90);
    private static final String STORE = "carillon_store_operations_total";
    private static final String STORE_BYTES = "carillon_store_written_bytes_total";
    private static final String CALLS = "carillon_cluster_calls_sent_total{outcome=\"answered\"";

    private final ServiceProcess<List<Ports>> process;
    private final List<Ports> nodes;
    private final HttpClient http;

    private record Ports(int port, int admin) {}

    /** What the nodes have used so far. */
    record Used(long cpuMillis, double storeOperations, double storeBytes, double calls) {
        static final Used NOTHING = new Used(0, 0, 0, 0);

        Used minus(Used before) {
            return new Used(
                    cpuMillis - before.cpuMillis,
                    storeOperations - before.storeOperations,
                    storeBytes - before.storeBytes,
                    calls - before.calls);
        }

        Used plus(Used more) {
            return new Used(
                    cpuMillis + more.cpuMillis,
                    storeOperations + more.storeOperations,
                    storeBytes + more.storeBytes,
                    calls + more.calls);
        }
    }

    NodesProcess(Commands commands, int count, String broker, ActionKind kind, HttpClient http, PrintStream out) {
        this.http = http;
        Map<String, String> variables = commands.withoutSettings();
        process = new Commands(NodesMain.class.getName(), variables)
                .start(
                        "nodes",
                        List.of(Integer.toString(count), broker, kind.name()),
                        variables,
                        NodesProcess::parse,
                        out);
        try {
            nodes = process.awaitReady(START);
        } catch (LabException e) {
            process.kill();
            throw e;
        }
    }

    private static Optional<List<Ports>> parse(String line) {
        return line.startsWith(READY)
                ? Optional.of(Stream.of(line.substring(READY.length()).split(" ", -1))
                        .map(ports -> ports.split(":", 2))
                        .map(ports -> new Ports(Integer.parseInt(ports[0]), Integer.parseInt(ports[1])))
                        .toList())
                : Optional.empty();
    }

    int port(int index) {
        return nodes.get(index).port();
    }

    int count() {
        return nodes.size();
    }

    Used used() throws IOException, InterruptedException {
        double operations = 0;
        double bytes = 0;
        double calls = 0;
        for (Ports node : nodes) {
            String metrics = http.send(
                            HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + node.admin() + "/metrics"))
                                    .build(),
                            HttpResponse.BodyHandlers.ofString())
                    .body();
            operations += sum(metrics, STORE);
            bytes += sum(metrics, STORE_BYTES);
            calls += sum(metrics, CALLS);
        }
        return new Used(ProcessCost.of(process.pid()).cpuMillis(), operations, bytes, calls);
    }

    private static double sum(String metrics, String name) {
        return metrics.lines()
                .filter(line -> line.startsWith(name))
                .mapToDouble(line -> Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1)))
                .sum();
    }

    @Override
    public void close() {
        process.stop();
    }
}
