package dev.carillon.cli.doctor;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Consumer;

/** One broadcast to open streams: whether it arrives at once, and at the streams of all nodes. Without the right to broadcast, what the nodes say is compared. */
final class BroadcastTrial {
    private static final String TYPE = "doctor";

    private final Probe probe;
    private final List<OpenedStream> opened;
    private final Set<String> clusters;
    private final Set<String> nodes;

    /**
     * @param opened streams of the topic
     * @param clusters that the health checks have found
     * @param nodes of the streams
     */
    BroadcastTrial(Probe probe, List<OpenedStream> opened, Set<String> clusters, Set<String> nodes) {
        this.probe = probe;
        this.opened = opened;
        this.clusters = clusters;
        this.nodes = nodes;
    }

    void run(String topic, Consumer<Finding> found) throws ProbeException, InterruptedException {
        String first = "the first event came at once, after "
                + opened.getFirst().stream().headMillis() + " ms";
        if (probe.target().token().isEmpty()) {
            found.accept(Finding.ok(StreamCheck.BUFFERING, first + "; without a token no broadcast was tried"));
            found.accept(compared());
            return;
        }
        String body = JsonNodeFactory.instance
                .objectNode()
                .put("scope", "topic:" + topic)
                .put("type", TYPE)
                .put("data", "a broadcast of carillon doctor")
                .toString();
        long sent = probe.platform().nanoTime().getAsLong();
        Answer answer = probe.send("POST", "/broadcast", Map.of("Content-Type", "application/json"), body);
        if (answer.status() != 200) {
            found.accept(
                    answer.code().equals("not-granted")
                            ? Finding.ok(
                                    StreamCheck.BUFFERING,
                                    first
                                            + "; the token grants no broadcast to topic:carillon-doctor/*, so none was tried")
                            : Finding.warn(
                                    StreamCheck.BUFFERING,
                                    first + ", but a broadcast was answered " + answer.said(),
                                    "see the errors in docs/application.md"));
            found.accept(compared());
            return;
        }
        List<OpenedStream> without = new ArrayList<>();
        for (OpenedStream each : opened) {
            if (!each.receives(TYPE, probe)) {
                without.add(each);
            }
        }
        judge(without, (probe.platform().nanoTime().getAsLong() - sent) / 1_000_000, found);
    }

    private void judge(List<OpenedStream> without, long millis, Consumer<Finding> found) {
        if (without.size() == opened.size()) {
            found.accept(Finding.fail(
                    StreamCheck.BUFFERING,
                    "a broadcast was accepted, and reached none of " + opened.size() + " streams",
                    StreamCheck.UNBUFFERED));
            found.accept(compared());
        } else if (without.isEmpty()) {
            found.accept(Finding.ok(
                    StreamCheck.BUFFERING,
                    "a broadcast had reached all " + opened.size() + " streams after " + millis + " ms"));
            found.accept(same("belong to one cluster"));
        } else {
            Set<String> missed = new TreeSet<>();
            without.forEach(each -> missed.add(each.node()));
            found.accept(Finding.ok(StreamCheck.BUFFERING, "a broadcast reached streams at once"));
            found.accept(different("a broadcast did not reach the streams of " + String.join(", ", missed)));
        }
    }

    /** Compares what the nodes say about their cluster. */
    private Finding compared() {
        Set<Long> epochs = new TreeSet<>();
        opened.stream().map(OpenedStream::epoch).filter(epoch -> epoch != 0).forEach(epochs::add);
        if (clusters.size() > 1) {
            return different("the header Carillon-Cluster differs");
        }
        return epochs.size() > 1 ? different("their logs are different ones") : same("have the same log");
    }

    private Finding same(String what) {
        return Finding.ok(
                StreamCheck.NODES,
                nodes.size() == 1
                        ? "all " + opened.size() + " streams went to node "
                                + nodes.iterator().next()
                        : "the nodes " + String.join(", ", nodes) + " " + what);
    }

    private Finding different(String sign) {
        return Finding.fail(
                StreamCheck.NODES,
                "the nodes " + String.join(", ", nodes) + " belong to different clusters: " + sign,
                "give all of them the same --broker redis://… or nats://…, and the same secret; with memory each node is a cluster of its own");
    }
}
