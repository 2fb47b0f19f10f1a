package dev.carillon.node;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/** A broadcaster of numbered events of one topic, each of which it repeats with its id, at the nodes in turn, until it is acknowledged. */
final class RepeatedBroadcasts implements AutoCloseable {
    private static final Duration PAUSE = Duration.ofMillis(10);

    private final TestCluster nodes;
    private final String topic;
    private final String padding;
    private final List<String> acknowledged = new CopyOnWriteArrayList<>();
    private final List<String> refusals = new CopyOnWriteArrayList<>();
    private final Thread thread;
    private volatile boolean stopped;

    /** @param padding number of characters after the number */
    RepeatedBroadcasts(TestCluster nodes, String topic, int padding) {
        this.nodes = nodes;
        this.topic = topic;
        this.padding = "x".repeat(padding);
        this.thread = Thread.ofVirtual().start(this::run);
    }

    private void run() {
        for (int number = 0; !stopped; number++) {
            String data = number + " " + padding;
            String json = "{\"scope\":\"topic:" + topic + "\",\"data\":\"" + data + "\",\"id\":\"" + topic + "-"
                    + number + "\"}";
            int[] attempt = {number};
            await().forever()
                    .pollDelay(Duration.ZERO)
                    .pollInterval(PAUSE)
                    .until(() -> isAcknowledged(
                                    nodes.node(attempt[0]++ % nodes.nodes().size()), json, data)
                            || stopped);
        }
    }

    private boolean isAcknowledged(Node node, String json, String data) {
        HttpResponse<String> answer = TestCluster.post(node, TestCluster.token(), json);
        if (answer.statusCode() == 200) {
            return acknowledged.add(data);
        }
        refusals.add(answer.statusCode() + " " + answer.body());
        return false;
    }

    /** Waits until as many more are acknowledged. */
    void awaitMore(int count) {
        int before = acknowledged.size();
        await().until(() -> acknowledged.size() >= before + count);
    }

    /** Waits for a refusal that is not one of before. */
    String awaitRefusal() {
        int before = refusals.size();
        await().until(() -> refusals.size() > before);
        return refusals.getLast();
    }

    /** Data of the acknowledged events, in order. */
    List<String> acknowledged() {
        return acknowledged;
    }

    /** Every refusal is one for the moment, with a status of 503. */
    void requireTemporaryRefusals() {
        assertThat(refusals).isNotEmpty().allMatch(refusal -> refusal.startsWith("503 "));
    }

    void stop() throws InterruptedException {
        stopped = true;
        thread.join();
    }

    @Override
    public void close() {
        try {
            stop();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
