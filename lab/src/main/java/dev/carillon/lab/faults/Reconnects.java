package dev.carillon.lab.faults;

import dev.carillon.lab.fleet.FleetObserver;
import dev.carillon.lab.fleet.StreamEvent;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** Observes when streams end and when their clients are back. Thread-safe. */
public final class Reconnects implements FleetObserver {
    private static final long NEVER = -1;

    /**
     * Counts since the observation began.
     *
     * @param clients number of clients
     * @param moved clients whose stream has ended at least once
     * @param notOpened attempts to open a stream that failed, by the status of the response (0: without one) and the reason that the node gave
     * @param refused attempts that a node refused for the moment, as it does while it drains or has no broker, by its reason
     * @param longestMillis the longest time that a client had no stream
     * @param ended streams that ended, by steps of {@value Result#STEP_MILLIS} ms
     * @param returned clients that were back, by the same steps
     * @param notBack attempts to open a stream that failed or were refused, by the same steps
     * @param moments what happened to the cluster
     */
    public record Result(
            int clients,
            int moved,
            Map<String, Integer> notOpened,
            Map<String, Integer> refused,
            long longestMillis,
            List<Integer> ended,
            List<Integer> returned,
            List<Integer> notBack,
            List<Moment> moments) {
        public static final long STEP_MILLIS = 500;

        public Result {
            notOpened = Map.copyOf(notOpened);
            ended = List.copyOf(ended);
            returned = List.copyOf(returned);
            notBack = List.copyOf(notBack);
            refused = Map.copyOf(refused);
            moments = List.copyOf(moments);
        }

        /** Failed attempts to open a stream. */
        public int failed() {
            return notOpened.values().stream().mapToInt(Integer::intValue).sum();
        }

        /** Attempts that a node refused for the moment. */
        public int refusals() {
            return refused.values().stream().mapToInt(Integer::intValue).sum();
        }

        /** The highest number of clients that were back in one step. */
        public int mostReturned() {
            return returned.stream().mapToInt(Integer::intValue).max().orElse(0);
        }
    }

    /** @param atMillis since the observation began */
    public record Moment(String name, long atMillis) {}

    private final long[] endedAt;
    /** Of each client, since when it had no stream before it opened its last one. */
    private final long[] before;
    /** Of each client, why the node ended the attempt that is in progress. */
    private final String[] reasons;

    private final BitSet moved = new BitSet();
    private final List<Long> ends = new ArrayList<>();
    private final List<Long> returns = new ArrayList<>();
    private final List<Long> unsuccessful = new ArrayList<>();
    private final List<Moment> moments = new ArrayList<>();
    private long begin = NEVER;
    private long longestNanos;
    private final Map<String, Integer> notOpened = new HashMap<>();
    private final Map<String, Integer> refused = new HashMap<>();

    Reconnects(int clients) {
        endedAt = new long[clients];
        Arrays.fill(endedAt, NEVER);
        before = new long[clients];
        Arrays.fill(before, NEVER);
        reasons = new String[clients];
        Arrays.fill(reasons, "");
    }

    synchronized void begin() {
        begin = System.nanoTime();
    }

    synchronized void mark(String name) {
        moments.add(new Moment(name, millis(System.nanoTime())));
    }

    @Override
    public synchronized void opened(int client, long nanos) {
        if (begin != NEVER && endedAt[client] != NEVER) {
            returns.add(nanos);
            longestNanos = Math.max(longestNanos, nanos - endedAt[client]);
        }
        before[client] = endedAt[client];
        endedAt[client] = NEVER;
        reasons[client] = "";
    }

    @Override
    public synchronized void event(int client, StreamEvent event, long nanos) {
        if (event.type().equals("carillon.close") || event.type().equals("carillon.refused")) {
            reasons[client] = " " + event.data();
        }
    }

    @Override
    public synchronized void closed(int client, long nanos) {
        endedAt[client] = nanos;
        // It was the reason for the end, and not for the failure of the next attempt.
        reasons[client] = "";
        if (begin != NEVER) {
            ends.add(nanos);
            moved.set(client);
        }
    }

    @Override
    public synchronized void notOpened(int client, int status) {
        if (begin != NEVER) {
            notOpened.merge(status + reasons[client], 1, Integer::sum);
            unsuccessful.add(System.nanoTime());
        }
        reasons[client] = "";
    }

    @Override
    public synchronized void refused(int client, String reason) {
        if (begin != NEVER) {
            refused.merge(reason, 1, Integer::sum);
            unsuccessful.add(System.nanoTime());
        }
        reasons[client] = "";
    }

    /** It is without a stream since the end of the one before. */
    @Override
    public synchronized void withdrawn(int client, String reason) {
        if (before[client] != NEVER) {
            endedAt[client] = before[client];
        }
        refused(client, reason);
    }

    synchronized Result result() {
        return new Result(
                endedAt.length,
                moved.cardinality(),
                notOpened,
                refused,
                TimeUnit.NANOSECONDS.toMillis(longestNanos),
                histogram(ends),
                histogram(returns),
                histogram(unsuccessful),
                moments);
    }

    private List<Integer> histogram(List<Long> times) {
        List<Integer> counts = new ArrayList<>();
        for (long time : times) {
            int step = (int) (millis(time) / Result.STEP_MILLIS);
            while (counts.size() <= step) {
                counts.add(0);
            }
            counts.set(step, counts.get(step) + 1);
        }
        return counts;
    }

    private long millis(long nanos) {
        return TimeUnit.NANOSECONDS.toMillis(nanos - begin);
    }
}
