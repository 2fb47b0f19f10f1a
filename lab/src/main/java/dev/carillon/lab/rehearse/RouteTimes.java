package dev.carillon.lab.rehearse;

import java.net.http.HttpClient;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.HdrHistogram.Histogram;

/** Counts and times of requests by route. Thread-safe. */
final class RouteTimes {
    static final int MAX_ROUTES = 100;
    private static final long MAX_MICROS = 600_000_000;

    private final Map<String, Route> routes = new LinkedHashMap<>();

    private static final class Route {
        private final Histogram micros = new Histogram(1, MAX_MICROS, 3);
        private long ok;
        private long clientErrors;
        private long serverErrors;
        private long failed;
        private long http2;
    }

    synchronized void answered(String route, int status, HttpClient.Version version, long nanos) {
        Route one = of(route);
        one.micros.recordValue(Math.clamp(nanos / 1_000, 1, MAX_MICROS));
        one.http2 += version == HttpClient.Version.HTTP_2 ? 1 : 0;
        if (status >= 500) {
            one.serverErrors++;
        } else if (status >= 400) {
            one.clientErrors++;
        } else {
            one.ok++;
        }
    }

    /** There was no answer. */
    synchronized void failed(String route) {
        of(route).failed++;
    }

    private Route of(String route) {
        return routes.computeIfAbsent(routes.size() < MAX_ROUTES ? route : "others", _ -> new Route());
    }

    synchronized List<RehearsalResult.Route> results() {
        return routes.entrySet().stream()
                .map(entry -> {
                    Route one = entry.getValue();
                    return new RehearsalResult.Route(
                            entry.getKey(),
                            one.ok,
                            one.clientErrors,
                            one.serverErrors,
                            one.failed,
                            one.http2,
                            one.micros.getValueAtPercentile(50),
                            one.micros.getValueAtPercentile(99),
                            one.micros.getMaxValue());
                })
                .toList();
    }
}
