package dev.carillon.lab.rehearse;

import java.util.List;

/**
 * The result of a rehearsal.
 *
 * @param routes requests by route; the time of a stream is that until its head
 */
public record RehearsalResult(
        String startedAt, double seconds, int users, Streams streams, Deliveries deliveries, List<Route> routes) {
    public RehearsalResult {
        routes = List.copyOf(routes);
    }

    /**
     * Streams.
     *
     * @param opened streams that opened, reconnects included
     * @param mostOpen most streams at one moment
     * @param left streams that their users ended
     * @param ended streams that the cluster ended
     * @param gaps announced gaps
     */
    public record Streams(long opened, int mostOpen, long left, long ended, long gaps) {}

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

    /** Whether no request failed at the cluster's fault. */
    public boolean isGood() {
        return routes.stream().allMatch(route -> route.serverErrors() + route.failed() == 0)
                && streams.opened() > 0
                && streams.gaps() == 0;
    }
}
