package dev.carillon.lab.bench;

import dev.carillon.lab.cluster.Commands;
import dev.carillon.lab.load.Fanout;
import dev.carillon.lab.load.FanoutPlan;
import dev.carillon.lab.load.FanoutPlan.Broadcasting;
import dev.carillon.lab.load.FanoutPlan.Listening;
import dev.carillon.lab.load.FanoutPlan.Protocol;
import dev.carillon.lab.load.FanoutResult;
import java.io.PrintStream;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Short runs of the load generator at loads that differ in what costs most; each with a node of its own. */
public final class CalibrationBench {
    private static final int PAYLOAD = 100;
    private static final int WINDOW = 64;

    private final Commands commands;
    private final FanoutPlan.Length length;
    private final PrintStream log;

    /** The clients and broadcasts of one run. */
    public record Load(Protocol protocol, int connections, double rate) {
        @Override
        public String toString() {
            return connections + " connections by " + (protocol == Protocol.WS ? "WebSocket" : "event stream") + ", "
                    + rate + " broadcasts a second";
        }
    }

    /** @param log receives the output of the nodes */
    public CalibrationBench(Commands commands, FanoutPlan.Length length, PrintStream log) {
        this.commands = commands;
        this.length = length;
        this.log = log;
    }

    /**
     * Loads at which the node itself, events and writes each cost most once.
     *
     * @param most connections of the largest
     */
    public static List<Load> loads(int most) {
        return List.of(
                new Load(Protocol.SSE, most / 5, 1),
                new Load(Protocol.SSE, most / 50, 100),
                new Load(Protocol.SSE, most / 10, 40),
                new Load(Protocol.SSE, most / 5, 20),
                new Load(Protocol.SSE, most, 4),
                new Load(Protocol.WS, most / 2, 8));
    }

    public FanoutResult run(Load load) throws InterruptedException {
        try (FanoutNodes nodes = FanoutNodes.start(
                commands, new FanoutNodes.StartPlan(1, "memory", FanoutNodes.StartPlan.DISCONNECT), log)) {
            @Nullable String token = nodes.listenToken();
            FanoutPlan plan = new FanoutPlan(
                    new Listening(load.protocol(), nodes.addresses(), load.connections(), 0, 1, false, 0, 1, token),
                    new Broadcasting(PAYLOAD, load.rate(), WINDOW, 0, nodes.broadcastToken()),
                    length,
                    new FanoutPlan.Monitored(nodes.pids(), true, null));
            return new Fanout(plan, line -> log.println("carillon: " + line)).run();
        }
    }
}
