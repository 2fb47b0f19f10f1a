package dev.carillon.planner.calibration;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * Fits the costs of a machine to runs on it: of the node itself, of an event with its broadcast, and of a write. The rest is taken from a
 * reference calibration, and so is the ratio of event to broadcast, because a run has as many of the one as of the other.
 *
 * <p>Least squares of the relative errors. The spread of a figure is what it is when any one run is left out, and 10 % at least.
 */
public final class Fit {
    private static final int UNKNOWN = 3;
    private static final double SPREAD = 0.1;
    private static final double TINY = 1e-12;

    private final Calibration reference;
    private final List<Measurement> streams;
    private final List<Measurement> webSockets;

    public Fit(Calibration reference, List<Measurement> runs) {
        this.reference = reference;
        this.streams = runs.stream().filter(run -> !run.webSocket()).toList();
        this.webSockets = runs.stream().filter(Measurement::webSocket).toList();
        if (streams.size() <= UNKNOWN) {
            throw new IllegalArgumentException("a fit needs more than " + UNKNOWN + " runs with event streams");
        }
    }

    /** The figures that the runs determine; one that comes out as nothing is left out. */
    public List<Figure> figures(String date, String source) {
        double[] best = solve(streams);
        double[] low = best.clone();
        double[] high = best.clone();
        for (int left = 0; left < streams.size(); left++) {
            List<Measurement> others = new ArrayList<>(streams);
            others.remove(left);
            double[] other = solve(others);
            for (int i = 0; i < UNKNOWN; i++) {
                low[i] = Math.min(low[i], other[i]);
                high[i] = Math.max(high[i], other[i]);
            }
        }
        double event = reference.value(Cost.EVENT) / (reference.value(Cost.EVENT) + reference.value(Cost.APPEND));
        List<Figure> figures = new ArrayList<>();
        add(figures, Cost.NODE_IDLE, 1e3, best[0], low[0], high[0], date, source);
        add(figures, Cost.EVENT, 1e6 * event, best[1], low[1], high[1], date, source);
        add(figures, Cost.APPEND, 1e6 * (1 - event), best[1], low[1], high[1], date, source);
        add(figures, Cost.WRITE_SSE, 1e6, best[2], low[2], high[2], date, source);
        for (Measurement run : webSockets) {
            double write = (run.processors() - best[0] - best[1] * events(run) - known(run)) / run.deliveries();
            add(figures, Cost.WRITE_WEBSOCKET, 1e6, write, write, write, date, source);
        }
        heap(figures, Cost.HEAP_SSE, streams, date, source);
        heap(figures, Cost.HEAP_WEBSOCKET, webSockets, date, source);
        return figures;
    }

    /** A calibration file with these figures. */
    public static String text(List<Figure> figures, String comment) {
        StringBuilder text = new StringBuilder("# " + comment + "\n# name = value lowest highest origin date source\n");
        for (Figure figure : figures) {
            text.append(String.format(
                    Locale.ROOT,
                    "%s = %.4g %.4g %.4g %s %s %s%n",
                    figure.cost().key(),
                    figure.value(),
                    figure.low(),
                    figure.high(),
                    figure.origin().name().toLowerCase(Locale.ROOT),
                    figure.date(),
                    figure.source()));
        }
        return text.toString().replace("\r", "");
    }

    private static void add(
            List<Figure> figures,
            Cost cost,
            double unit,
            double value,
            double low,
            double high,
            String date,
            String source) {
        if (value > 0) {
            figures.add(new Figure(
                    cost,
                    value * unit,
                    Math.max(0, Math.min(low, value * (1 - SPREAD)) * unit),
                    Math.max(high, value * (1 + SPREAD)) * unit,
                    Origin.DERIVED,
                    date,
                    source));
        }
    }

    /** Of the run with most connections, which is the most exact. */
    private static void heap(List<Figure> figures, Cost cost, List<Measurement> runs, String date, String source) {
        runs.stream()
                .filter(run -> run.heapBytes() > 0)
                .max((one, other) -> Double.compare(one.connections(), other.connections()))
                .ifPresent(run -> figures.add(new Figure(
                        cost,
                        run.heapBytes(),
                        run.heapBytes() * (1 - SPREAD),
                        run.heapBytes() * (1 + SPREAD),
                        Origin.MEASURED,
                        date,
                        source)));
    }

    /** How many events without saved wake-ups cost as much as those of a run. */
    private double events(Measurement run) {
        double saved = run.broadcasts() / (run.broadcasts() + reference.value(Cost.AWAKE));
        double busy = (reference.value(Cost.EVENT_BUSY) + reference.value(Cost.APPEND_BUSY))
                / (reference.value(Cost.EVENT) + reference.value(Cost.APPEND));
        return run.broadcasts() * (1 - (1 - busy) * saved);
    }

    /** Processors for what is not fitted: bytes and heartbeats. */
    private double known(Measurement run) {
        Cost idle = run.webSocket() ? Cost.IDLE_WEBSOCKET : Cost.IDLE_SSE;
        return run.deliveries() * run.bytes() * reference.value(Cost.BYTE) / 1e9
                + run.connections() * reference.micros(idle);
    }

    /** Seconds: of the node per second, of an event with its broadcast, of a write. */
    private double[] solve(List<Measurement> runs) {
        double[][] matrix = new double[UNKNOWN][UNKNOWN + 1];
        for (Measurement run : runs) {
            double[] row = {1, events(run), run.deliveries(), run.processors() - known(run)};
            for (int i = 0; i < UNKNOWN; i++) {
                for (int j = 0; j <= UNKNOWN; j++) {
                    matrix[i][j] += row[i] * row[j] / (run.processors() * run.processors());
                }
            }
        }
        return eliminate(matrix);
    }

    /** Gauss and Jordan, with the largest pivot of each column. */
    private static double[] eliminate(double[][] matrix) {
        for (int column = 0; column < UNKNOWN; column++) {
            int pivot = column;
            for (int row = column + 1; row < UNKNOWN; row++) {
                pivot = Math.abs(matrix[row][column]) > Math.abs(matrix[pivot][column]) ? row : pivot;
            }
            double[] swapped = matrix[pivot];
            matrix[pivot] = matrix[column];
            matrix[column] = swapped;
            for (int row = 0; row < UNKNOWN; row++) {
                if (row != column && Math.abs(swapped[column]) > TINY) {
                    double factor = matrix[row][column] / swapped[column];
                    for (int i = column; i <= UNKNOWN; i++) {
                        matrix[row][i] -= factor * swapped[i];
                    }
                }
            }
        }
        double[] solution = new double[UNKNOWN];
        for (int i = 0; i < UNKNOWN; i++) {
            solution[i] = matrix[i][UNKNOWN] / matrix[i][i];
        }
        return solution;
    }
}
