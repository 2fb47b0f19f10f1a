package dev.carillon.planner.calibration;

import dev.carillon.planner.base.PlanException;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collection;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * What work costs, with the origin and the spread of every figure. A file has a line per figure:
 *
 * <pre>
 * name = value lowest highest measured|derived|assumed date source
 * </pre>
 *
 * and lines that begin with {@code #}. A file may leave figures out: the shipped ones stand for them.
 */
public final class Calibration {
    private static final int MAX_LINES = 1_000;
    private static final int FIELDS = 6;

    private final String name;
    private final Map<Cost, Figure> figures;

    private Calibration(String name, Map<Cost, Figure> figures) {
        this.name = name;
        this.figures = figures;
    }

    /** The calibration of this release, made of figures in {@code docs/performance.md}. */
    public static Calibration shipped() {
        try (InputStream in = Calibration.class.getResourceAsStream("shipped.properties")) {
            if (in == null) {
                throw new IllegalStateException("the shipped calibration is missing");
            }
            Calibration shipped = new Calibration("shipped with this release", new EnumMap<>(Cost.class));
            shipped.read(new String(in.readAllBytes(), StandardCharsets.UTF_8));
            for (Cost cost : Cost.values()) {
                shipped.figure(cost);
            }
            return shipped;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /**
     * A calibration of a user's own, over the shipped one.
     *
     * @param name how reports call it, such as the name of its file
     * @throws PlanException with a message that names line, value and rule
     */
    public static Calibration parse(String name, String text) {
        Calibration calibration = new Calibration(name, new EnumMap<>(shipped().figures));
        calibration.read(text);
        return calibration;
    }

    private void read(String text) {
        List<String> lines = text.lines().toList();
        if (lines.size() > MAX_LINES) {
            throw new PlanException("calibration: " + lines.size() + " lines: must be at most " + MAX_LINES);
        }
        for (int i = 0; i < lines.size(); i++) {
            String line = lines.get(i).strip();
            if (!line.isEmpty() && !line.startsWith("#")) {
                Figure figure = figure("calibration: line " + (i + 1) + ": ", line);
                figures.put(figure.cost(), figure);
            }
        }
    }

    private static Figure figure(String where, String line) {
        String[] sides = line.split("=", 2);
        Cost cost = Cost.of(sides[0].strip())
                .orElseThrow(() -> new PlanException(where + sides[0].strip() + ": is not the name of a figure"));
        String[] parts = sides.length < 2 ? new String[0] : sides[1].strip().split(" +", FIELDS);
        if (parts.length < FIELDS) {
            throw new PlanException(where + cost.key()
                    + ": must be followed by = value lowest highest measured|derived|assumed date source");
        }
        try {
            return new Figure(
                    cost,
                    Double.parseDouble(parts[0]),
                    Double.parseDouble(parts[1]),
                    Double.parseDouble(parts[2]),
                    Origin.valueOf(parts[3].toUpperCase(Locale.ROOT)),
                    parts[4],
                    parts[5]);
        } catch (IllegalArgumentException e) {
            throw new PlanException(where + cost.key() + ": " + sides[1].strip()
                    + ": must be three numbers, then measured, derived or assumed");
        }
    }

    /** How reports call this calibration. */
    public String name() {
        return name;
    }

    public Collection<Figure> figures() {
        return new ArrayList<>(figures.values());
    }

    public Figure figure(Cost cost) {
        Figure figure = figures.get(cost);
        if (figure == null) {
            throw new IllegalStateException(cost.key() + " is missing");
        }
        return figure;
    }

    public double value(Cost cost) {
        return figure(cost).value();
    }

    /** A figure in microseconds, as seconds. */
    public double micros(Cost cost) {
        return value(cost) / 1e6;
    }

    /** The same with another value of one figure. */
    public Calibration with(Cost cost, double value) {
        Map<Cost, Figure> others = new EnumMap<>(figures);
        others.put(cost, figure(cost).at(value));
        return new Calibration(name, others);
    }
}
