package dev.carillon.planner.workload;

import dev.carillon.planner.base.Amount;
import dev.carillon.planner.base.PlanException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A kind of machine.
 *
 * @param cores processors
 * @param gigabytes memory
 * @param gigabits bandwidth per second in each direction
 * @param pricePerHour 0 if unknown
 */
public record Machine(String name, double cores, double gigabytes, double gigabits, double pricePerHour) {
    /** Bandwidth when none is given. */
    public static final double GIGABITS = 1;

    private static final Pattern SPEC = Pattern.compile("([0-9.]+)c/([0-9.]+)g(?:/([0-9.]+)gbit)?(?:@([0-9.]+))?");

    public Machine {
        if (cores == 0) {
            throw new PlanException("machine: " + name + ": nothing runs without a processor: must have at least 0.25");
        }
        if (cores < 0.25 || cores > 1_024 || gigabytes < 0.25 || gigabytes > 24_000 || gigabits <= 0) {
            throw new PlanException("machine: " + name
                    + ": must have 0.25 to 1,024 processors, 0.25 to 24,000 GB of memory, and a bandwidth above 0");
        }
    }

    /** Parses {@code 8c/16g}, {@code 8c/16g@0.30} or {@code 8c/16g/10gbit@0.30}. */
    public static Machine parse(String name, String text) {
        Matcher matcher = SPEC.matcher(text);
        if (!matcher.matches()) {
            throw wrong(text);
        }
        return new Machine(
                name,
                number(text, matcher.group(1)),
                number(text, matcher.group(2)),
                matcher.group(3) == null ? GIGABITS : number(text, matcher.group(3)),
                matcher.group(4) == null ? 0 : number(text, matcher.group(4)));
    }

    private static double number(String text, String part) {
        try {
            return Double.parseDouble(part);
        } catch (NumberFormatException e) {
            throw wrong(text);
        }
    }

    private static PlanException wrong(String text) {
        return Amount.wrong(
                "machine",
                text,
                "processors, memory, and possibly bandwidth and price per hour, as 8c/16g@0.30 or 8c/16g/10gbit@0.30");
    }

    /** Threads that write to sockets: one per processor. */
    public int threads() {
        return (int) Math.max(1, Math.floor(cores));
    }

    public double bytes() {
        return gigabytes * 1e9;
    }

    /** As in {@code 8c/16g}. */
    public String text() {
        return Amount.text(cores) + "c/" + Amount.text(gigabytes) + "g";
    }
}
