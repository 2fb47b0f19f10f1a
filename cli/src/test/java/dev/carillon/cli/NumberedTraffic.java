package dev.carillon.cli;

import dev.carillon.cli.TrialClient.Received;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;

/** Publishes numbered updates of one topic, one after the other, up to a limit that is raised. */
final class NumberedTraffic implements AutoCloseable {
    static final String PREFIX = "event ";
    private static final int PAUSE_MILLIS = 10;

    private final ScheduledExecutorService thread = Executors.newSingleThreadScheduledExecutor();
    private final ScheduledFuture<?> publishing;
    private final NodeProcesses nodes;
    private final String topic;
    private final List<Received> sent = new ArrayList<>();
    private volatile int limit;

    NumberedTraffic(NodeProcesses nodes, String topic) {
        this.nodes = nodes;
        this.topic = topic;
        this.publishing = thread.scheduleWithFixedDelay(this::publish, 0, PAUSE_MILLIS, TimeUnit.MILLISECONDS);
    }

    private void publish() {
        int number = sent().size() + 1;
        if (number <= limit) {
            String data = PREFIX + number;
            String id = nodes.publish(topic, data);
            synchronized (this) {
                sent.add(new Received(id, data));
            }
        }
    }

    void upTo(int limit) {
        this.limit = limit;
    }

    /** What every subscriber is to have by now. */
    synchronized List<Received> sent() {
        if (publishing != null && publishing.state() == ScheduledFuture.State.FAILED) {
            throw new AssertionError("a publication failed", publishing.exceptionNow());
        }
        return List.copyOf(sent);
    }

    @Override
    public void close() {
        thread.shutdownNow();
    }
}
