package dev.carillon.cli.doctor;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import dev.carillon.cli.doctor.EventStream.Event;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Consumer;
import java.util.stream.Collectors;

/** One broadcast to open streams: whether it arrives at once, and at the streams of all nodes. Without the right to broadcast, what the nodes say is compared. */
final class BroadcastTrial {
    private static final String TYPE = "doctor";
    /** An event that comes so much later than an answer was held back on its way. */
    private static final Duration DELAY = Duration.ofSeconds(1);

    private final Probe probe;
    private final String path;
    private final List<OpenedStream> opened;
    private final Set<String> clusters;
    private final Set<String> nodes = new TreeSet<>();

    /**
     * @param path of the streams
     * @param opened streams of the topic
     * @param clusters that the health checks have found
     */
    BroadcastTrial(Probe probe, String path, List<OpenedStream> opened, Set<String> clusters) {
        this.probe = probe;
        this.path = path;
        this.opened = opened;
        this.clusters = clusters;
        opened.forEach(each -> nodes.add(each.node()));
    }

    void run(String topic, Consumer<Finding> found) throws ProbeException, InterruptedException {
        if (probe.target().token().isEmpty()) {
            found.accept(firstEvent("without a token no broadcast was tried"));
            found.accept(compared());
            return;
        }
        String body = JsonNodeFactory.instance
                .objectNode()
                .put("scope", "topic:" + topic)
                .put("type", TYPE)
                .put("data", "a broadcast of carillon doctor")
                .toString();
        long sent = now();
        Answer answer = probe.send("POST", "/broadcast", Map.of("Content-Type", "application/json"), body);
        if (answer.status() != 200) {
            found.accept(
                    answer.code().equals("not-granted")
                            ? firstEvent("the token grants no broadcast to topic:carillon-doctor/*, so none was tried")
                            : Finding.warn(
                                    StreamCheck.BUFFERING,
                                    firstEvent("a broadcast was answered " + answer.said())
                                            .message(),
                                    "see the errors in docs/application.md"));
            found.accept(compared());
            return;
        }
        // One limit for all streams, which receive the event at the same time.
        long end = now() + probe.limit().toNanos();
        long last = sent;
        List<OpenedStream> without = new ArrayList<>();
        for (OpenedStream each : opened) {
            Optional<Event> event = each.receive(TYPE, Duration.ofNanos(end - now()));
            if (event.isPresent()) {
                last = Math.max(last, event.get().at());
            } else {
                without.add(each);
            }
        }
        if (!without.isEmpty()) {
            probe.requireTime();
        }
        judge(without, Duration.ofNanos(last - sent), answer.taken(), found);
    }

    /** What the first events of the streams say, the latest of them. */
    private Finding firstEvent(String more) {
        Duration latest = opened.stream()
                .map(OpenedStream::taken)
                .max(Duration::compareTo)
                .orElse(Duration.ZERO);
        return arrived("the first event came", latest, probe.roundTrip(), "; " + more);
    }

    static boolean isLate(Duration event, Duration roundTrip) {
        return event.compareTo(roundTrip.plus(DELAY)) > 0;
    }

    private static Finding arrived(String what, Duration event, Duration roundTrip, String more) {
        String seen = what + " after " + event.toMillis() + " ms";
        return isLate(event, roundTrip)
                ? Finding.warn(
                        StreamCheck.BUFFERING,
                        seen + ", and the answer to a request after " + roundTrip.toMillis() + " ms" + more,
                        "something on the way holds parts of a response back for a time: " + StreamCheck.UNBUFFERED)
                : Finding.ok(StreamCheck.BUFFERING, seen + more);
    }

    private long now() {
        return probe.platform().nanoTime().getAsLong();
    }

    /** @param latest from the request to the latest event */
    private void judge(List<OpenedStream> without, Duration latest, Duration roundTrip, Consumer<Finding> found)
            throws ProbeException, InterruptedException {
        if (without.size() == opened.size()) {
            found.accept(Finding.fail(
                    StreamCheck.BUFFERING,
                    "a broadcast was accepted, and reached none of " + opened.size() + " streams",
                    StreamCheck.UNBUFFERED));
            found.accept(compared());
        } else if (without.isEmpty()) {
            String what = "a broadcast had reached all " + opened.size() + " streams";
            found.accept(arrived(what, latest, roundTrip, ""));
            found.accept(same("belong to one cluster"));
        } else {
            Set<String> missed = new TreeSet<>();
            without.forEach(each -> missed.add(each.node()));
            String what = "a broadcast had reached " + (opened.size() - without.size()) + " streams";
            found.accept(arrived(what, latest, roundTrip, ""));
            found.accept(different("a broadcast did not reach the streams of " + String.join(", ", missed)));
        }
    }

    /** Compares what the nodes say about their cluster. */
    private Finding compared() throws ProbeException, InterruptedException {
        if (clusters.size() > 1) {
            return different("the header Carillon-Cluster differs");
        }
        return epochs(opened).size() > 1 && !isSameNow()
                ? different("their logs are different ones")
                : same("have the same log");
    }

    /** The broker may have lost its log between two streams, as after a fail-over: whether new streams of all nodes have the same one. */
    private boolean isSameNow() throws ProbeException, InterruptedException {
        List<OpenedStream> again = new ArrayList<>();
        for (int i = 0; i < opened.size(); i++) {
            try (EventStream stream = probe.stream(path, Map.of())) {
                Optional<OpenedStream> other = OpenedStream.of(stream, probe);
                if (other.isEmpty()) {
                    return false;
                }
                again.add(other.get());
            }
        }
        return epochs(again).size() == 1
                && again.stream().map(OpenedStream::node).toList().containsAll(nodes);
    }

    private static Set<Long> epochs(List<OpenedStream> streams) {
        return streams.stream()
                .map(OpenedStream::epoch)
                .filter(epoch -> epoch != 0)
                .collect(Collectors.toCollection(TreeSet::new));
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
