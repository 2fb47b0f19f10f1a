package dev.carillon.lab.rehearse;

import java.util.ArrayList;
import java.util.List;

/**
 * The result of a rehearsal.
 *
 * @param routes requests by route; the time of a stream is that until its head
 */
public record RehearsalResult(
        String startedAt, double seconds, int users, Streams streams, Deliveries deliveries, List<Route> routes) {
    static final String STREAM_ROUTE = "GET /events";

    public RehearsalResult {
        routes = List.copyOf(routes);
    }

    /**
     * Streams.
     *
     * @param opened streams that began with {@code carillon.open}, reconnects included
     * @param mostOpen most streams at one moment
     * @param left streams that their users ended
     * @param ended streams that the cluster ended
     * @param refused answers 200 that the cluster ended before {@code carillon.open}: temporary refusals
     * @param gaps announced gaps
     */
    public record Streams(long opened, int mostOpen, long left, long ended, long refused, long gaps) {}

    /** Events that users received, and the time from their broadcast. */
    public record Deliveries(long count, long p50Micros, long p99Micros, long maxMicros) {}

    /**
     * Requests of a route.
     *
     * @param failed requests without an answer
     * @param http2 answers over HTTP/2
     */
    public record Route(
            String name,
            long ok,
            long clientErrors,
            long serverErrors,
            long failed,
            long http2,
            long p50Micros,
            long p99Micros,
            long maxMicros) {}

    /** What failed at the cluster's fault, in words; empty: nothing. */
    public List<String> failures() {
        List<String> failures = new ArrayList<>();
        if (streams.opened() == 0) {
            long refused = routes.stream()
                    .filter(route -> route.name().equals(STREAM_ROUTE))
                    .mapToLong(Route::clientErrors)
                    .sum();
            failures.add("no stream opened" + (refused == 0 ? "" : " (" + refused + " answers 4xx)"));
        }
        add(failures, streams.refused(), "temporary refusals of streams");
        add(failures, routes.stream().mapToLong(Route::serverErrors).sum(), "answers 5xx");
        add(failures, routes.stream().mapToLong(Route::failed).sum(), "requests without an answer");
        add(failures, streams.gaps(), "gaps");
        return failures;
    }

    private static void add(List<String> failures, long count, String what) {
        if (count > 0) {
            failures.add(count + " " + what);
        }
    }

    public boolean isGood() {
        return failures().isEmpty();
    }
}
