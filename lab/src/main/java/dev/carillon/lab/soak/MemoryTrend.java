package dev.carillon.lab.soak;

import java.util.ArrayList;
import java.util.List;

/**
 * The trend of a process's resident memory.
 *
 * <p>The first fifth of the run is its warm-up, and is not used. The slope is the median of the slopes between all pairs of samples (Theil and Sen),
 * which a single peak does not move. Memory grows if it is larger in each third than in the one before, by medians, and the last median is
 * more than {@value #NOISE} of the first above it: a plateau with noise does neither.
 *
 * @param samples of the whole run, in order
 */
public record MemoryTrend(List<Sample> samples) {
    private static final double NOISE = 0.02;
    private static final int MIN_SAMPLES = 30;
    /** Pairs are quadratic: more samples are thinned. */
    private static final int MAX_SAMPLES = 600;

    private static final double SECONDS_PER_HOUR = 3_600;

    /**
     * One sample.
     *
     * @param seconds since the start of the run
     * @param kib resident memory
     */
    public record Sample(double seconds, long kib) {}

    /** The result. */
    public enum Verdict {
        FLAT("flat"),
        GROWING("GROWING"),
        TOO_SHORT("too short for a verdict");

        private final String text;

        Verdict(String text) {
            this.text = text;
        }

        @Override
        public String toString() {
            return text;
        }
    }

    public MemoryTrend {
        samples = List.copyOf(samples);
    }

    /** KiB per hour; 0 if there are too few samples. */
    public double slope() {
        List<Sample> used = thinned(used());
        List<Double> slopes = new ArrayList<>();
        for (int i = 0; i < used.size(); i++) {
            for (int j = i + 1; j < used.size(); j++) {
                double seconds = used.get(j).seconds() - used.get(i).seconds();
                if (seconds > 0) {
                    slopes.add((used.get(j).kib() - used.get(i).kib()) / seconds * SECONDS_PER_HOUR);
                }
            }
        }
        return slopes.isEmpty() ? 0 : median(slopes);
    }

    public Verdict verdict() {
        List<Sample> used = used();
        if (used.size() < MIN_SAMPLES) {
            return Verdict.TOO_SHORT;
        }
        int third = used.size() / 3;
        double first = medianKib(used.subList(0, third));
        double second = medianKib(used.subList(third, 2 * third));
        double last = medianKib(used.subList(2 * third, used.size()));
        return second > first && last > second && last > first * (1 + NOISE) ? Verdict.GROWING : Verdict.FLAT;
    }

    /** Median of the first samples after the warm-up, in KiB; 0 without samples. */
    public double startKib() {
        List<Sample> used = used();
        return used.isEmpty() ? 0 : medianKib(used.subList(0, Math.max(1, used.size() / 10)));
    }

    /** Median of the last samples, in KiB; 0 without samples. */
    public double endKib() {
        List<Sample> used = used();
        return used.isEmpty() ? 0 : medianKib(used.subList(used.size() - Math.max(1, used.size() / 10), used.size()));
    }

    private List<Sample> used() {
        return samples.subList(samples.size() / 5, samples.size());
    }

    private static List<Sample> thinned(List<Sample> samples) {
        int step = (samples.size() + MAX_SAMPLES - 1) / MAX_SAMPLES;
        List<Sample> kept = new ArrayList<>();
        for (int i = 0; i < samples.size(); i += Math.max(1, step)) {
            kept.add(samples.get(i));
        }
        return kept;
    }

    private static double medianKib(List<Sample> samples) {
        return median(samples.stream().map(sample -> (double) sample.kib()).toList());
    }

    private static double median(List<Double> values) {
        List<Double> sorted = values.stream().sorted().toList();
        int middle = sorted.size() / 2;
        return sorted.size() % 2 == 1 ? sorted.get(middle) : (sorted.get(middle - 1) + sorted.get(middle)) / 2;
    }
}
