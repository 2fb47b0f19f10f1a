package dev.carillon.planner;

import dev.carillon.planner.base.PlanException;
import dev.carillon.planner.workload.Machine;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * What machines cost.
 *
 * @param currency as reports print it
 * @param hoursPerMonth by which a price per hour is multiplied
 * @param egressPerGigabyte price of traffic to clients
 * @param machines kinds of machines by name
 */
public record Prices(String currency, double hoursPerMonth, double egressPerGigabyte, Map<String, Machine> machines) {
    /** Hours of an average month. */
    public static final double HOURS = 730;

    private static final int MAX_MACHINES = 100;
    private static final double MAX = 1e6;

    public Prices {
        machines = Map.copyOf(machines);
        if (machines.size() > MAX_MACHINES) {
            throw new PlanException("prices: " + machines.size() + " machines: must be at most " + MAX_MACHINES);
        }
    }

    /** No prices but those of a machine itself. */
    public static Prices none() {
        return new Prices("", HOURS, 0, Map.of());
    }

    /**
     * Parses lines such as {@code machine.cx42 = 8c/16g@0.03}, {@code currency = EUR}, {@code egress.gb = 0.01} and
     * {@code hours-per-month = 730}; those that begin with {@code #} are comments.
     */
    public static Prices parse(String text) {
        String currency = "";
        double hours = HOURS;
        double egress = 0;
        Map<String, Machine> machines = new LinkedHashMap<>();
        int number = 0;
        for (String line : text.lines().toList()) {
            number++;
            String stripped = line.strip();
            if (stripped.isEmpty() || stripped.startsWith("#")) {
                continue;
            }
            String[] sides = stripped.split("=", 2);
            String key = sides[0].strip();
            String value = sides.length < 2 ? "" : sides[1].strip();
            if (key.startsWith("machine.")) {
                String name = key.substring("machine.".length());
                machines.put(name, Machine.parse(name, value));
            } else if (key.equals("currency") && value.matches("\\p{L}{1,8}|\\p{Sc}")) {
                currency = value;
            } else if (key.equals("egress.gb")) {
                egress = number(number, key, value);
            } else if (key.equals("hours-per-month")) {
                hours = number(number, key, value);
            } else {
                throw new PlanException(
                        "prices: line " + number + ": " + key
                                + ": must be machine.NAME = 8c/16g@0.30, currency = EUR, egress.gb = 0.01 or hours-per-month = 730");
            }
        }
        return new Prices(currency, hours, egress, machines);
    }

    private static double number(int line, String key, String value) {
        try {
            double number = Double.parseDouble(value);
            if (number >= 0 && number <= MAX) {
                return number;
            }
        } catch (NumberFormatException e) {
            // The exception below says what is wrong.
        }
        throw new PlanException(
                "prices: line " + line + ": " + key + ": " + value + ": must be a number from 0 to 1000000");
    }
}
