package dev.carillon.cli;

import dev.carillon.cli.HubClient.Update;
import dev.carillon.node.Hub;
import dev.carillon.node.Node;
import dev.carillon.testkit.Patience;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;

/** Publishes one update after the other, at each of the nodes in turn, and knows who is to receive what. */
final class HubTraffic implements AutoCloseable {
    static final String TEMPLATE = "https://books.test/{n}";
    static final String PLAIN = "https://plain.test/";
    private static final String OTHER = "https://other.test/";
    private static final int PAUSE_MILLIS = 5;

    private final ScheduledExecutorService thread = Executors.newSingleThreadScheduledExecutor();
    private final ScheduledFuture<?> publishing;
    private final List<Node> nodes;
    private final List<Update> all = new ArrayList<>();
    private final List<Update> open = new ArrayList<>();
    private int count;

    HubTraffic(List<Node> nodes) {
        this.nodes = new ArrayList<>(nodes);
        this.publishing = thread.scheduleWithFixedDelay(this::publish, 0, PAUSE_MILLIS, TimeUnit.MILLISECONDS);
    }

    private synchronized void publish() {
        int i = count++;
        Node node = nodes.get(i % nodes.size());
        String book = "https://books.test/" + i;
        String data = "ünï " + i + "\nand a second line";
        switch (i % 5) {
            case 0 -> sent(Hub.publish(node, "topic", book, "data", data), "message", data, false);
            case 1 -> sent(Hub.publish(node, "topic", PLAIN, "data", data, "type", "price"), "price", data, false);
            case 2 -> sent(Hub.publish(node, "topic", book, "data", data, "private", "on"), "message", data, true);
            case 3 -> Hub.publish(node, "topic", OTHER + i, "data", data);
            // By three topics of which two are subscribed to, and yet once.
            default ->
                sent(
                        Hub.publish(
                                node,
                                "topic",
                                OTHER,
                                "topic",
                                book,
                                "topic",
                                PLAIN,
                                "data",
                                data,
                                "id",
                                "urn:own:" + i),
                        "message",
                        data,
                        false);
        }
    }

    private void sent(String id, String type, String data, boolean isPrivate) {
        Update update = new Update(id, type, data);
        all.add(update);
        if (!isPrivate) {
            open.add(update);
        }
    }

    /** What a subscriber with the token, or one without, is to have by now. */
    synchronized List<Update> sentTo(boolean withToken) {
        return List.copyOf(withToken ? all : open);
    }

    /** Returns when nothing more is published there. */
    synchronized void leave(Node node) {
        nodes.remove(node);
    }

    synchronized void enter(Node node) {
        nodes.add(node);
    }

    /** Returns when the last update is in the log. */
    void stop() throws InterruptedException, ExecutionException {
        thread.shutdown();
        if (!thread.awaitTermination(Patience.LIMIT_SECONDS, TimeUnit.SECONDS)) {
            throw new AssertionError("a publication takes longer than " + Patience.LIMIT);
        }
        if (publishing.state() == ScheduledFuture.State.FAILED) {
            throw new AssertionError("a publication failed", publishing.exceptionNow());
        }
    }

    @Override
    public void close() {
        thread.shutdownNow();
    }
}
