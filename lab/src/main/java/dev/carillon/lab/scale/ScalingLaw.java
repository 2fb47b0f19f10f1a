package dev.carillon.lab.scale;

import java.util.Map;
import java.util.Optional;

/**
 * The universal scalability law (Gunther): N nodes do {@code rate · N / (1 + contention · (N − 1) + coherence · N · (N − 1))}. Fitted by least
 * squares to N divided by the throughput, which is linear in its coefficients.
 *
 * @param rate throughput of one node
 * @param contention share of the work that only one node can do at a time
 * @param coherence cost of each pair of nodes
 */
public record ScalingLaw(double rate, double contention, double coherence) {
    private static final int TERMS = 3;

    /**
     * Fits the law.
     *
     * @param throughput by number of nodes
     * @return empty with fewer than three numbers of nodes
     */
    public static Optional<ScalingLaw> fit(Map<Integer, Double> throughput) {
        if (throughput.size() < TERMS) {
            return Optional.empty();
        }
        double[] all = solve(throughput, true, true);
        double[] chosen = all;
        // Neither coefficient may be negative: a term that would be is left out.
        if (all[1] < 0 || all[2] < 0) {
            double[] contention = solve(throughput, true, false);
            double[] coherence = solve(throughput, false, true);
            chosen = all[2] < 0 ? contention : coherence;
            if (chosen[1] < 0 || chosen[2] < 0) {
                chosen = solve(throughput, false, false);
            }
        }
        return chosen[0] > 0
                ? Optional.of(new ScalingLaw(1 / chosen[0], chosen[1] / chosen[0], chosen[2] / chosen[0]))
                : Optional.empty();
    }

    /** Coefficients of 1, N − 1 and N · (N − 1). */
    private static double[] solve(Map<Integer, Double> throughput, boolean contention, boolean coherence) {
        double[][] sums = new double[TERMS][TERMS + 1];
        throughput.forEach((nodes, value) -> {
            double[] x = {1, contention ? nodes - 1.0 : 0, coherence ? nodes * (nodes - 1.0) : 0};
            for (int i = 0; i < TERMS; i++) {
                for (int j = 0; j < TERMS; j++) {
                    sums[i][j] += x[i] * x[j];
                }
                sums[i][TERMS] += x[i] * nodes / value;
            }
        });
        for (int i = 0; i < TERMS; i++) {
            if (sums[i][i] == 0) {
                sums[i][i] = 1;
            }
        }
        return eliminate(sums);
    }

    private static double[] eliminate(double[][] a) {
        for (int i = 0; i < TERMS; i++) {
            for (int row = i + 1; row < TERMS; row++) {
                double factor = a[row][i] / a[i][i];
                for (int column = i; column <= TERMS; column++) {
                    a[row][column] -= factor * a[i][column];
                }
            }
        }
        double[] x = new double[TERMS];
        for (int i = TERMS - 1; i >= 0; i--) {
            double sum = a[i][TERMS];
            for (int column = i + 1; column < TERMS; column++) {
                sum -= a[i][column] * x[column];
            }
            x[i] = sum / a[i][i];
        }
        return x;
    }

    /** Throughput of a number of nodes. */
    public double of(int nodes) {
        return rate * nodes / (1 + contention * (nodes - 1) + coherence * nodes * (nodes - 1));
    }
}
