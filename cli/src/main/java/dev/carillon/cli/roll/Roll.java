package dev.carillon.cli.roll;

import dev.carillon.cli.base.CommandException;
import java.io.PrintStream;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Restarts nodes one after another. A node is restarted by a drain, after which its supervisor starts it again, or by a reload, in which its
 * successor serves before it leaves. The next node follows when the last one is ready, proxies have had time to see that, and no node is in trouble.
 */
public final class Roll {
    private static final long POLL_MILLIS = 200;
    private static final long PROGRESS_NANOS = Duration.ofSeconds(2).toNanos();

    private final AdminClient client;
    private final PrintStream out;
    private final Options options;

    /**
     * How nodes are restarted.
     *
     * @param surge reload instead of drain
     * @param timeout for one node, from the request to its readiness
     * @param settle time between the readiness of a node and the drain of the next one, in which proxies see that the node is up: a node that they take for
     *     down does not relieve the one that drains. Not used with {@code surge}, where proxies see no node down
     */
    public record Options(boolean surge, Duration timeout, Duration settle) {}

    public Roll(AdminClient client, PrintStream out, Options options) {
        this.client = client;
        this.out = out;
        this.options = options;
    }

    /** @throws CommandException when a node is in trouble; the nodes after it are not touched */
    public void run(List<URI> nodes) throws InterruptedException {
        List<AdminClient.State> before = check(nodes);
        long began = System.nanoTime();
        for (int i = 0; i < nodes.size(); i++) {
            try {
                if (i > 0 && !options.surge()) {
                    Thread.sleep(options.settle());
                }
                restart(nodes.get(i), before.get(i));
                requireHealth(nodes);
            } catch (CommandException e) {
                throw CommandException.failed(e.getMessage() + untouched(before, i + 1));
            }
        }
        out.printf(
                Locale.ROOT,
                "roll: %d nodes restarted in %.0f s%n",
                nodes.size(),
                Duration.ofNanos(System.nanoTime() - began).toMillis() / 1_000.0);
    }

    /** Every node must serve, in one cluster, before any is touched. */
    private List<AdminClient.State> check(List<URI> nodes) throws InterruptedException {
        List<AdminClient.State> states = new ArrayList<>();
        Set<String> ids = new HashSet<>();
        for (URI node : nodes) {
            AdminClient.State state = client.state(node)
                    .orElseThrow(() -> CommandException.failed(node
                            + " does not answer: no node was touched; it must be the admin port of a running node"));
            if (!state.serves()) {
                throw CommandException.failed(
                        "node " + state.node() + " does not serve (" + state.phase() + "): no node was touched");
            }
            if (!ids.add(state.node())) {
                throw CommandException.failed("node " + state.node() + " is given twice: no node was touched");
            }
            states.add(state);
        }
        requireHealth(nodes);
        return states;
    }

    private void requireHealth(List<URI> nodes) throws InterruptedException {
        Set<String> clusters = new HashSet<>();
        for (URI node : nodes) {
            AdminClient.Health health =
                    client.health(node).orElseThrow(() -> CommandException.failed(node + " does not answer"));
            if (!health.ok()) {
                throw CommandException.failed(node + " is " + health.status() + ": wait until it is ok");
            }
            if (!health.cluster().isEmpty()) {
                clusters.add(health.cluster());
            }
        }
        if (clusters.size() > 1) {
            throw CommandException.failed("the nodes belong to different clusters: " + String.join(", ", clusters));
        }
    }

    private void restart(URI node, AdminClient.State before) throws InterruptedException {
        String id = before.node();
        out.println("roll: node " + id + ": " + (options.surge() ? "reload" : "drain") + ", "
                + count(before.connections()) + " open");
        long began = System.nanoTime();
        long shown = began;
        if (options.surge()) {
            client.reload(node);
        } else {
            client.drain(node);
        }
        boolean gone = false;
        while (true) {
            Optional<AdminClient.State> state = client.state(node);
            if (state.isPresent() && state.get().generation() > before.generation() && isReady(node, state.get())) {
                break;
            }
            long now = System.nanoTime();
            if (now - began > options.timeout().toNanos()) {
                throw CommandException.failed("node " + id + " is not ready after "
                        + options.timeout().toSeconds() + " s: "
                        + (state.isPresent()
                                ? "it is " + state.get().phase()
                                : "it does not answer; " + "its supervisor must start it again after a drain")
                        + "; see its log");
            }
            if (state.isEmpty() && !gone) {
                gone = true;
                out.println("roll: node " + id + ": stopped after " + seconds(now - began));
            } else if (state.isPresent() && !state.get().serves() && now - shown > PROGRESS_NANOS) {
                shown = now;
                out.printf(
                        "roll: node %s: %s, %s left, at most %d s%n",
                        id,
                        state.get().phase(),
                        count(state.get().connections()),
                        state.get().remainingMillis() / 1_000);
            }
            Thread.sleep(POLL_MILLIS);
        }
        out.println("roll: node " + id + ": ready after " + seconds(System.nanoTime() - began)
                + version(before, client.state(node)));
    }

    private boolean isReady(URI node, AdminClient.State state) throws InterruptedException {
        return state.serves()
                && client.health(node).filter(AdminClient.Health::ok).isPresent();
    }

    private static String version(AdminClient.State before, Optional<AdminClient.State> after) {
        return after.map(now -> now.version().equals(before.version())
                        ? ""
                        : ", version " + before.version() + " to " + now.version())
                .orElse("");
    }

    private static String untouched(List<AdminClient.State> nodes, int from) {
        return from >= nodes.size()
                ? ""
                : "; not touched: "
                        + nodes.subList(from, nodes.size()).stream()
                                .map(AdminClient.State::node)
                                .collect(Collectors.joining(", "));
    }

    private static String seconds(long nanos) {
        return String.format(Locale.ROOT, "%.1f s", nanos / 1e9);
    }

    private static String count(int connections) {
        return connections == 1 ? "1 connection" : connections + " connections";
    }
}
