package dev.carillon.lab.load;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Reads the metrics of nodes about slow clients. For one thread. */
final class OutboxSampler {
    private static final Duration TIMEOUT = Duration.ofSeconds(5);

    private final FanoutPlan.@Nullable Slow plan;
    private final int stalled;
    private final HttpClient http =
            HttpClient.newBuilder().connectTimeout(TIMEOUT).build();
    private long maxBytes;

    OutboxSampler(FanoutPlan plan) {
        this.plan = plan.monitored().slow();
        this.stalled = plan.listening().stalled();
    }

    /** Samples the size of the outboxes; skipped if a node does not respond. */
    void sample() throws InterruptedException {
        FanoutPlan.Slow slow = plan;
        if (slow != null) {
            try {
                recordBytes(metrics(slow));
            } catch (IOException e) {
                // The next sample may succeed.
            }
        }
    }

    private void recordBytes(String metrics) {
        maxBytes = Math.max(maxBytes, sum(metrics, "carillon_outbox_bytes"));
    }

    /**
     * The result of the run; the nodes were started for it, so that their counters began at 0.
     *
     * @param announced number of dropped events that gaps announced to clients
     * @return null if the metrics are not read, or a node does not respond
     */
    FanoutResult.@Nullable Slow result(long announced) throws InterruptedException {
        FanoutPlan.Slow slow = plan;
        if (slow == null) {
            return null;
        }
        try {
            String metrics = metrics(slow);
            // On a busy machine every earlier sample may have failed.
            recordBytes(metrics);
            return new FanoutResult.Slow(
                    slow.policy(),
                    sum(metrics, "carillon_connections_closed_total{reason=\"slow\"}"),
                    dropped(metrics, "slow"),
                    announced,
                    dropped(metrics, "replaced"),
                    dropped(metrics, "closed"),
                    maxBytes,
                    stalled * slow.outboxMaxBytes());
        } catch (IOException e) {
            return null;
        }
    }

    private String metrics(FanoutPlan.Slow slow) throws IOException, InterruptedException {
        StringBuilder all = new StringBuilder();
        for (InetSocketAddress admin : slow.admins()) {
            URI uri = URI.create("http://" + admin.getHostString() + ":" + admin.getPort() + "/metrics");
            all.append(http.send(
                            HttpRequest.newBuilder(uri).timeout(TIMEOUT).build(), HttpResponse.BodyHandlers.ofString())
                    .body());
        }
        return all.toString();
    }

    private static long dropped(String metrics, String reason) {
        return sum(metrics, "carillon_events_dropped_total{reason=\"" + reason + "\"}");
    }

    private static long sum(String metrics, String name) {
        return (long) metrics.lines()
                .filter(line -> line.startsWith(name + " "))
                .mapToDouble(line ->
                        Double.parseDouble(line.substring(name.length() + 1).toUpperCase(Locale.ROOT)))
                .sum();
    }
}
