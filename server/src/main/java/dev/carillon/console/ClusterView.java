package dev.carillon.console;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.carillon.base.CarillonException;
import dev.carillon.base.ErrorCode;
import dev.carillon.base.Text;
import dev.carillon.cluster.Control;
import dev.carillon.cluster.ControlMessage;
import dev.carillon.cluster.NodeRecord;
import dev.carillon.http.Problem;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The nodes of the cluster as they described themselves last. Each is asked once a second, and not again before it has answered, so one that hangs delays nothing:
 * its last description stays, with the time since. Thread-safe; never blocks.
 */
final class ClusterView {
    /** Without an answer for longer, a node counts as silent. */
    private static final long SILENT_NANOS = TimeUnit.SECONDS.toNanos(4);
    /** The same occurrence, noticed by several nodes within this time, is one. */
    private static final long SAME_MILLIS = 20_000;

    private static final int MAX_FEED = 60;
    private static final int MAX_REASON_CHARS = 200;
    private static final ControlMessage.Observe NOW = new ControlMessage.Observe(false);
    private static final ControlMessage.Observe HOUR = new ControlMessage.Observe(true);

    private final Control control;
    private final String self;
    private final InstantSource clock;
    private final LongSupplier nanoTime;
    // Below: guarded by this.
    private final Map<String, Node> nodes = new TreeMap<>();
    private final Deque<ObjectNode> feed = new ArrayDeque<>();
    private boolean feedDue = true;
    private @Nullable CompletableFuture<ObjectNode> hour;
    private long hourNanos;

    /** What is known of one node. */
    private static final class Node {
        private NodeRecord record;
        private @Nullable ObjectNode view;
        private long sinceNanos;
        private boolean isAsked;
        /** Number of its last occurrence in the feed. */
        private long noted;

        private String problem = "";

        Node(NodeRecord record, long nowNanos) {
            this.record = record;
            this.sinceNanos = nowNanos;
        }
    }

    ClusterView(Control control, String self, InstantSource clock, LongSupplier nanoTime) {
        this.control = control;
        this.self = self;
        this.clock = clock;
        this.nanoTime = nanoTime;
    }

    /** Forgets everything, because no console is open. */
    synchronized void clear() {
        nodes.clear();
        feed.clear();
        feedDue = true;
    }

    /** The next frame has the whole feed, because a console has missed some of it. */
    synchronized void requireFeed() {
        feedDue = true;
    }

    /** Asks every node that owes no answer. */
    void ask() {
        List<NodeRecord> asked = new ArrayList<>();
        synchronized (this) {
            List<NodeRecord> known = control.known();
            Set<String> ids = new HashSet<>();
            for (NodeRecord record : known) {
                ids.add(record.id());
                Node node = nodes.computeIfAbsent(record.id(), id -> new Node(record, nanoTime.getAsLong()));
                if (node.record.generation() != record.generation()) {
                    node = new Node(record, nanoTime.getAsLong());
                    nodes.put(record.id(), node);
                }
                node.record = record;
                if (!node.isAsked) {
                    node.isAsked = true;
                    asked.add(record);
                }
            }
            nodes.keySet().retainAll(ids);
        }
        for (NodeRecord record : asked) {
            CompletionStage<ObjectNode> _ =
                    control.observe(record, NOW).whenComplete((view, e) -> answered(record, view, e));
        }
    }

    private synchronized void answered(NodeRecord record, @Nullable ObjectNode view, @Nullable Throwable failure) {
        Node node = nodes.get(record.id());
        if (node == null || node.record.generation() != record.generation()) {
            return;
        }
        node.isAsked = false;
        if (view == null) {
            node.problem = reason(failure);
            return;
        }
        if (view.path("occurrences") instanceof ArrayNode list) {
            note(node, list);
        }
        view.remove("occurrences");
        node.view = view;
        node.sinceNanos = nanoTime.getAsLong();
        node.problem = "";
    }

    private static String reason(@Nullable Throwable failure) {
        Throwable cause = failure == null ? new IllegalStateException("no answer") : Problem.cause(failure);
        return cause instanceof CarillonException known && known.code() == ErrorCode.UNKNOWN_MESSAGE
                ? "runs an older release, which has no console"
                : Text.printable(String.valueOf(cause.getMessage()), MAX_REASON_CHARS);
    }

    /** Adds what is new of a node, whose list has the newest first. */
    private void note(Node node, ArrayNode list) {
        long noted = node.noted;
        for (int i = list.size() - 1; i >= 0; i--) {
            if (list.get(i) instanceof ObjectNode each && each.path("number").asLong() > noted) {
                node.noted = each.path("number").asLong();
                each.put("by", node.record.id());
                if (!isKnown(each)) {
                    feed.addFirst(each);
                    feedDue = true;
                }
            }
        }
        while (feed.size() > MAX_FEED) {
            feed.remove(feed.stream()
                    .min(Comparator.comparingLong(each -> each.path("at").asLong()))
                    .orElseThrow());
        }
    }

    /** Whether another node has noticed the same. */
    private boolean isKnown(ObjectNode occurrence) {
        long at = occurrence.path("at").asLong();
        return feed.stream()
                .anyMatch(known -> !known.path("by").equals(occurrence.path("by"))
                        && known.path("kind").equals(occurrence.path("kind"))
                        && known.path("subject").equals(occurrence.path("subject"))
                        && Math.abs(known.path("at").asLong() - at) < SAME_MILLIS);
    }

    /** What consoles receive now. */
    synchronized ObjectNode frame() {
        long now = nanoTime.getAsLong();
        ObjectNode frame =
                JsonNodeFactory.instance.objectNode().put("at", clock.millis()).put("self", self);
        ArrayNode list = frame.putArray("nodes");
        nodes.forEach((id, node) -> {
            ObjectNode each = list.addObject();
            if (node.view != null) {
                each.setAll(node.view);
            }
            each.put("node", id).put("generation", node.record.generation());
            long silent = now - node.sinceNanos;
            if (silent > SILENT_NANOS) {
                each.put("silentSeconds", TimeUnit.NANOSECONDS.toSeconds(silent))
                        .put("problem", node.problem.isEmpty() ? "no answer" : node.problem);
            }
        });
        if (feedDue) {
            feedDue = false;
            ArrayNode happened = frame.putArray("feed");
            feed.stream()
                    .sorted(Comparator.comparingLong(
                                    (ObjectNode each) -> each.path("at").asLong())
                            .reversed())
                    .forEach(happened::add);
        }
        return frame;
    }

    /** The last hour of each node that answers; consoles that open at the same time share one round of calls. */
    synchronized CompletionStage<ObjectNode> hour() {
        long now = nanoTime.getAsLong();
        CompletableFuture<ObjectNode> current = hour;
        if (current != null && now - hourNanos < TimeUnit.SECONDS.toNanos(2)) {
            return current.copy();
        }
        hourNanos = now;
        List<NodeRecord> known = control.known();
        List<CompletableFuture<ObjectNode>> answers = known.stream()
                .map(record -> control.observe(record, HOUR)
                        .exceptionally(e -> JsonNodeFactory.instance
                                .objectNode()
                                .put("node", record.id())
                                .put("problem", reason(e)))
                        .toCompletableFuture())
                .toList();
        CompletableFuture<ObjectNode> next = CompletableFuture.allOf(answers.toArray(CompletableFuture[]::new))
                .thenApply(x -> {
                    ObjectNode json = JsonNodeFactory.instance.objectNode();
                    ArrayNode list = json.putArray("nodes");
                    answers.forEach(answer -> list.add(answer.join()));
                    return json;
                });
        hour = next;
        return next.copy();
    }
}
