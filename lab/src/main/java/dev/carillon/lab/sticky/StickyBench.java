package dev.carillon.lab.sticky;

import dev.carillon.lab.LabException;
import dev.carillon.lab.cluster.Commands;
import dev.carillon.process.NatsServer;
import dev.carillon.process.RedisServer;
import dev.carillon.process.TestServer;
import java.io.IOException;
import java.io.PrintStream;
import java.net.http.HttpClient;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Measures actions with and without sticky routing, and with and without owner routing. A round measures every variant once, in another order than the round
 * before, on the same nodes, so that what else the machine does affects all alike.
 */
public final class StickyBench {
    private static final int WARM_UP = 2;

    private final Commands commands;
    private final StickyPlan plan;
    private final PrintStream progress;

    /** @param progress receives a line for each round, and the output of the nodes */
    public StickyBench(Commands commands, StickyPlan plan, PrintStream progress) {
        this.commands = commands;
        this.plan = plan;
        this.progress = progress;
    }

    public StickyResult run() throws InterruptedException {
        List<StickyResult.Row> rows = new ArrayList<>();
        try (TestServer server = server();
                HttpClient http = HttpClient.newBuilder()
                        .version(HttpClient.Version.HTTP_1_1)
                        .build()) {
            String broker = server == null ? "memory" : server.address();
            for (int count : plan.nodes()) {
                try (NodesProcess nodes = new NodesProcess(commands, count, broker, plan.action(), http, progress)) {
                    rows.addAll(measure(nodes, http));
                }
            }
        } catch (IOException e) {
            throw LabException.failed("a request to the nodes failed: " + e);
        }
        return new StickyResult(plan, rows);
    }

    private @Nullable TestServer server() {
        return switch (plan.broker()) {
            case "redis" -> new RedisServer();
            case "nats" -> new NatsServer();
            default -> null;
        };
    }

    private List<StickyResult.Row> measure(NodesProcess nodes, HttpClient http)
            throws IOException, InterruptedException {
        List<Measurement> measurements = new ArrayList<>();
        for (Variant variant : Variant.values()) {
            measurements.add(new Measurement(nodes, variant, http));
            progress.println("carillon: " + nodes.count() + " nodes, warming up ...");
            new Measurement(nodes, variant, http).round(plan.tabs(), Math.min(WARM_UP * 10, plan.actionsPerTab()));
        }
        for (int round = 0; round < plan.rounds(); round++) {
            progress.println(
                    "carillon: " + nodes.count() + " nodes, round " + (round + 1) + " of " + plan.rounds() + " ...");
            for (int i = 0; i < measurements.size(); i++) {
                measurements.get((round + i) % measurements.size()).round(plan.tabs(), plan.actionsPerTab());
            }
        }
        return measurements.stream().map(Measurement::row).toList();
    }
}
