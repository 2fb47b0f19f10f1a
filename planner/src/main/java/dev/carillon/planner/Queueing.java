package dev.carillon.planner;

import java.util.List;
import java.util.function.DoubleUnaryOperator;

/**
 * How long a delivery waits at a node, approximated.
 *
 * <p>An event for a scope is one job for each thread that has connections in it: one write after another. A node is a queue of such jobs
 * whose service times differ by scope. The mean wait is Kingman's formula, (ca² + cs²) / 2 · ρ / (1 − ρ) · E[S], with the variation of the
 * service times cs² from the flows, and that of the arrivals ca²: 1 for random broadcasts, {@link #EVEN} for evenly spaced ones. The
 * tail of the wait is exponential, so its 99th percentile is its mean over ρ, times ln(100 ρ). A connection is anywhere in its list, so
 * its own share of the job is even between nothing and all of it.
 */
final class Queueing {
    /** Squared coefficient of variation of arrivals that a timer spaces: fitted to the latency at 60 % of a core in docs/performance.md. */
    static final double EVEN = 0.12;

    /** Events that one write carried in the measurements, at most; more is not planned with. */
    static final double MAX_BATCH = 16;

    private static final double TAIL = 0.01;
    private static final double STABLE = 0.995;
    private static final double SMALL = 1e-3;
    private static final int STEPS = 30;

    /** Jobs of one flow at one thread. */
    record Job(double perSecond, double fixed, double perWrite, double perEvent) {
        double seconds(double batch) {
            return fixed + perWrite / batch + perEvent;
        }
    }

    private final List<Job> jobs;
    private final double arrivals;

    Queueing(List<Job> jobs, boolean even) {
        this.jobs = List.copyOf(jobs);
        this.arrivals = even ? EVEN : 1;
    }

    private double mean(double batch) {
        double rate = 0;
        double sum = 0;
        for (Job job : jobs) {
            rate += job.perSecond;
            sum += job.perSecond * job.seconds(batch);
        }
        return sum / rate;
    }

    private double serviceVariation(double batch) {
        double rate = 0;
        double square = 0;
        for (Job job : jobs) {
            double seconds = job.seconds(batch);
            rate += job.perSecond;
            square += job.perSecond * seconds * seconds;
        }
        double mean = mean(batch);
        return mean == 0 ? 0 : square / rate / (mean * mean) - 1;
    }

    /** Jobs that wait on average. */
    private double waiting(double batch, double utilisation) {
        double busy = Math.min(utilisation, STABLE);
        return (arrivals + serviceVariation(batch)) / 2 * busy * busy / (1 - busy);
    }

    /** Mean wait in seconds. */
    private double meanWait(double batch, double busy) {
        return (arrivals + serviceVariation(batch)) / 2 * busy / (1 - busy) * mean(batch);
    }

    /** The 99th percentile of wait and own service, in seconds. */
    double p99(double batch, double utilisation) {
        if (jobs.isEmpty()) {
            return 0;
        }
        double busy = Math.min(utilisation, STABLE);
        double wait = busy <= TAIL ? 0 : Math.max(0, meanWait(batch, busy) / busy * Math.log(busy / TAIL));
        return wait + walkP99(batch);
    }

    /** The time that 99 % of deliveries wait for the writes before theirs, weighted by deliveries. */
    private double walkP99(double batch) {
        double high = 0;
        double all = 0;
        for (Job job : jobs) {
            high = Math.max(high, job.seconds(batch));
            all += job.perSecond * job.perWrite;
        }
        double low = 0;
        for (int i = 0; i < STEPS && all > 0; i++) {
            double middle = (low + high) / 2;
            double later = 0;
            for (Job job : jobs) {
                later += job.perSecond * job.perWrite * Math.max(0, 1 - middle / job.seconds(batch));
            }
            if (later / all > TAIL) {
                low = middle;
            } else {
                high = middle;
            }
        }
        return high;
    }

    /**
     * Events that one write carries on average: the one that is served, and those behind it that wait for the same list.
     *
     * @param longestRun consecutive events of one list, on average, if all that arrive wait
     * @param load utilisation of the node at a given batch
     */
    double batch(double longestRun, DoubleUnaryOperator load) {
        double low = 1;
        double high = Math.min(MAX_BATCH, longestRun);
        if (jobs.isEmpty() || high <= 1 || waiting(1, load.applyAsDouble(1)) < SMALL) {
            return 1;
        }
        for (int i = 0; i < STEPS; i++) {
            double middle = (low + high) / 2;
            if (1 + waiting(middle, load.applyAsDouble(middle)) > middle) {
                low = middle;
            } else {
                high = middle;
            }
        }
        return low;
    }
}
