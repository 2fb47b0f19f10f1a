package dev.carillon.lab.scale;

import dev.carillon.lab.scale.ScalePoint.Placement;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The values of each dimension of a sweep. A point is one combination. */
public record Dimensions(
        List<Integer> nodes,
        List<Integer> ioThreads,
        List<Integer> connections,
        List<Double> rates,
        List<Integer> payloads,
        List<String> scopes,
        List<String> brokers,
        List<String> proxies,
        List<Boolean> sticky,
        List<String> transports,
        List<String> protocols,
        List<Placement> placements) {

    /**
     * The points of a sweep, from light to heavy.
     *
     * @param impossible combinations that cannot be measured, and why
     */
    public record Points(List<ScalePoint> points, Map<ScalePoint, String> impossible) {
        public Points {
            points = List.copyOf(points);
        }
    }

    public Dimensions {
        nodes = List.copyOf(nodes);
        ioThreads = List.copyOf(ioThreads);
        connections = List.copyOf(connections);
        rates = List.copyOf(rates);
        payloads = List.copyOf(payloads);
        scopes = List.copyOf(scopes);
        brokers = List.copyOf(brokers);
        proxies = List.copyOf(proxies);
        sticky = List.copyOf(sticky);
        transports = List.copyOf(transports);
        protocols = List.copyOf(protocols);
        placements = List.copyOf(placements);
    }

    /** Number of combinations, impossible ones included. */
    public long size() {
        long size = 1;
        for (List<?> dimension : List.of(
                nodes,
                ioThreads,
                connections,
                rates,
                payloads,
                scopes,
                brokers,
                proxies,
                sticky,
                transports,
                protocols,
                placements)) {
            size *= dimension.size();
        }
        return size;
    }

    /** Call only with a small {@link #size}. */
    public Points points() {
        List<ScalePoint> points = new ArrayList<>();
        Map<ScalePoint, String> impossible = new LinkedHashMap<>();
        long size = size();
        for (long i = 0; i < size; i++) {
            ScalePoint point = point(i);
            List<String> obstacles = point.obstacles();
            if (!obstacles.isEmpty()) {
                impossible.put(point, obstacles.getFirst());
            } else if (!points.contains(point)) {
                points.add(point);
            }
        }
        return new Points(points, impossible);
    }

    /** The index counts like the digits of a number; connections, rates and payloads change last, so that light points come first. */
    private ScalePoint point(long index) {
        Digits digits = new Digits(index);
        Placement placement = digits.next(placements);
        String protocol = digits.next(protocols);
        String transport = digits.next(transports);
        boolean isSticky = digits.next(sticky);
        String proxy = digits.next(proxies);
        String broker = digits.next(brokers);
        String scope = digits.next(scopes);
        int threads = digits.next(ioThreads);
        int count = digits.next(nodes);
        int payload = digits.next(payloads);
        double rate = digits.next(rates);
        int clients = digits.next(connections);
        return new ScalePoint(
                count, threads, clients, rate, payload, scope, broker, proxy, isSticky, transport, protocol, placement);
    }

    private static final class Digits {
        private long rest;

        Digits(long index) {
            this.rest = index;
        }

        <T> T next(List<T> values) {
            T value = values.get((int) (rest % values.size()));
            rest /= values.size();
            return value;
        }
    }
}
