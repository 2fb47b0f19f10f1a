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

/** What nodes tell, in their metrics, of clients that read too slowly. For one thread. */
final class OutboxWatch {
    private static final Duration PATIENCE = Duration.ofSeconds(5);

    private final FanoutPlan.@Nullable Slow plan;
    private final int stalled;
    private final HttpClient http =
            HttpClient.newBuilder().connectTimeout(PATIENCE).build();
    private long mostBytes;

    OutboxWatch(FanoutPlan plan) {
        this.plan = plan.watched().slow();
        this.stalled = plan.listening().stalled();
    }

    /** How much waits now; a node that does not answer is left out. */
    void look() throws InterruptedException {
        FanoutPlan.Slow of = plan;
        if (of != null) {
            try {
                note(metrics(of));
            } catch (IOException e) {
                // It may answer the next time.
            }
        }
    }

    private void note(String metrics) {
        mostBytes = Math.max(mostBytes, sum(metrics, "carillon_outbox_bytes"));
    }

    /**
     * Of the whole run, in which the nodes began.
     *
     * @param told how many events the clients were told that they miss
     * @return null: they were not asked, or did not answer
     */
    FanoutResult.@Nullable Slow result(long told) throws InterruptedException {
        FanoutPlan.Slow of = plan;
        if (of == null) {
            return null;
        }
        try {
            String metrics = metrics(of);
            // A busy machine may have let no other look through.
            note(metrics);
            return new FanoutResult.Slow(
                    of.policy(),
                    sum(metrics, "carillon_connections_closed_total{reason=\"slow\"}"),
                    dropped(metrics, "slow"),
                    told,
                    dropped(metrics, "replaced"),
                    dropped(metrics, "closed"),
                    mostBytes,
                    stalled * of.outboxMaxBytes());
        } catch (IOException e) {
            return null;
        }
    }

    private String metrics(FanoutPlan.Slow of) throws IOException, InterruptedException {
        StringBuilder all = new StringBuilder();
        for (InetSocketAddress admin : of.admins()) {
            URI uri = URI.create("http://" + admin.getHostString() + ":" + admin.getPort() + "/metrics");
            all.append(http.send(
                            HttpRequest.newBuilder(uri).timeout(PATIENCE).build(), HttpResponse.BodyHandlers.ofString())
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
