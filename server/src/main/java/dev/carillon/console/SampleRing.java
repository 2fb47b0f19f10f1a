package dev.carillon.console;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Arrays;

/** The samples of the last hour: {@value #SECONDS} seconds of each {@link Series}, {@value #BYTES} bytes whatever happens. Thread-safe. */
final class SampleRing {
    static final int SECONDS = 3_600;
    /** Seconds of one point in {@link #hour}. */
    static final int STEP = 10;

    static final int POINTS = SECONDS / STEP;
    static final int BYTES = 11 * SECONDS * Float.BYTES;

    // Below: guarded by this.
    private final float[][] values = new float[Series.ALL.size()][SECONDS];
    /** The second of the last sample; -1: there is none. */
    private long newest = -1;

    SampleRing() {
        for (float[] each : values) {
            Arrays.fill(each, Float.NaN);
        }
    }

    /**
     * Adds a sample, one number for each series. Seconds without a sample are empty.
     *
     * @param second since 1970
     */
    synchronized void add(long second, float[] sample) {
        boolean isFar = newest < 0 || second - newest >= SECONDS || newest - second >= SECONDS;
        long from = isFar ? second - SECONDS + 1 : newest + 1;
        for (long empty = from; empty < second; empty++) {
            for (float[] each : values) {
                each[index(empty)] = Float.NaN;
            }
        }
        for (int i = 0; i < values.length; i++) {
            values[i][index(second)] = sample[i];
        }
        newest = isFar ? second : Math.max(newest, second);
    }

    private static int index(long second) {
        return Math.floorMod(second, SECONDS);
    }

    /** The last hour in points of {@value #STEP} seconds, which begin at multiples of that, so that those of several nodes fit together. */
    synchronized ObjectNode hour(long nowSecond) {
        long last = nowSecond / STEP * STEP;
        long first = last - (long) (POINTS - 1) * STEP;
        ObjectNode json =
                JsonNodeFactory.instance.objectNode().put("from", first).put("step", STEP);
        ObjectNode series = json.putObject("series");
        for (Series each : Series.ALL) {
            ArrayNode points = series.putArray(each.member());
            for (int point = 0; point < POINTS; point++) {
                put(points, merged(each, first + (long) point * STEP));
            }
        }
        return json;
    }

    private float merged(Series series, long from) {
        float[] of = values[series.index()];
        float sum = 0;
        float max = Float.NaN;
        int count = 0;
        for (long second = from; second < from + STEP; second++) {
            float value = second > newest || second <= newest - SECONDS ? Float.NaN : of[index(second)];
            if (!Float.isNaN(value)) {
                sum += value;
                count++;
                max = Float.isNaN(max) ? value : Math.max(max, value);
            }
        }
        return series.merge() == Series.Merge.MAX || count == 0 ? max : sum / count;
    }

    /** Adds a number with as many digits as a chart shows; null for none. */
    private static void put(ArrayNode points, float value) {
        if (Float.isNaN(value)) {
            points.addNull();
        } else {
            points.add(rounded(value));
        }
    }

    static double rounded(float value) {
        return value >= 100 ? Math.round(value) : Math.round(value * 100.0) / 100.0;
    }
}
