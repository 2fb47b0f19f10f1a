package dev.carillon.planner.base;

import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Numbers with units, as users write and read them. */
public final class Amount {
    private static final Pattern NUMBER = Pattern.compile("([0-9]{1,15}(?:\\.[0-9]{1,9})?)([a-zA-Z/%]*)");
    private static final double KILO = 1e3;

    private Amount() {}

    /** A count such as {@code 1200}, {@code 50k} or {@code 2m}. */
    public static double count(String name, String text) {
        Matcher matcher = matcher(name, text, "a number such as 1200, 50k or 2m");
        return Double.parseDouble(matcher.group(1))
                * switch (matcher.group(2)) {
                    case "" -> 1;
                    case "k", "K" -> KILO;
                    case "m", "M" -> KILO * KILO;
                    default -> throw wrong(name, text, "a number such as 1200, 50k or 2m");
                };
    }

    /** A rate per second such as {@code 2/s}, {@code 0.5}, {@code 30/min} or {@code 10/h}. */
    public static double rate(String name, String text) {
        Matcher matcher = matcher(name, text, "a rate such as 2/s, 30/min or 10/h");
        return Double.parseDouble(matcher.group(1))
                / switch (matcher.group(2)) {
                    case "", "/s" -> 1.0;
                    case "/min" -> 60.0;
                    case "/h" -> 3_600.0;
                    default -> throw wrong(name, text, "a rate such as 2/s, 30/min or 10/h");
                };
    }

    /** A size in bytes such as {@code 400B} or {@code 2KB}. */
    public static double bytes(String name, String text) {
        Matcher matcher = matcher(name, text, "a size such as 400B or 2KB");
        return Double.parseDouble(matcher.group(1))
                * switch (matcher.group(2)) {
                    case "", "B" -> 1;
                    case "KB", "kB", "k" -> 1_000;
                    case "KiB" -> 1_024;
                    case "MB" -> 1_000_000;
                    default -> throw wrong(name, text, "a size such as 400B or 2KB");
                };
    }

    /** Seconds of a duration such as {@code 250ms}, {@code 10s} or {@code 5m}. */
    public static double seconds(String name, String text) {
        Matcher matcher = matcher(name, text, "a duration such as 250ms, 10s or 5m");
        return Double.parseDouble(matcher.group(1))
                * switch (matcher.group(2)) {
                    case "ms" -> 1 / KILO;
                    case "s" -> 1;
                    case "m" -> 60;
                    default -> throw wrong(name, text, "a duration such as 250ms, 10s or 5m");
                };
    }

    /** A share such as {@code 30%}, as 0.3. */
    public static double share(String name, String text) {
        Matcher matcher = matcher(name, text, "a share such as 30%");
        double share = Double.parseDouble(matcher.group(1)) / 100;
        if (!matcher.group(2).equals("%") || share > 1) {
            throw wrong(name, text, "a share from 0% to 100%");
        }
        return share;
    }

    private static Matcher matcher(String name, String text, String rule) {
        Matcher matcher = NUMBER.matcher(text);
        if (!matcher.matches()) {
            throw wrong(name, text, rule);
        }
        return matcher;
    }

    /** The exception for a value that breaks a rule. */
    public static PlanException wrong(String name, String text, String rule) {
        return new PlanException(name + ": " + text + ": must be " + rule);
    }

    /** A number for readers: thousands separated, at most three digits that matter below 100. */
    public static String text(double value) {
        if (value == 0) {
            return "0";
        }
        double size = Math.abs(value);
        if (size >= 99.95 || Math.abs(value - Math.rint(value)) < 1e-9) {
            return String.format(Locale.ROOT, "%,d", Math.round(value));
        }
        return size >= 9.995
                ? String.format(Locale.ROOT, "%.1f", value)
                : size >= 0.01 ? String.format(Locale.ROOT, "%.2f", value) : String.format(Locale.ROOT, "%.2g", value);
    }

    /** A share, as {@code 30 %}. */
    public static String percent(double share) {
        double percent = share * 100;
        return String.format(
                Locale.ROOT,
                percent >= 9.95 || percent == 0 ? "%,.0f %%" : percent >= 0.05 ? "%.1f %%" : "%.2g %%",
                percent);
    }

    /** Bits per second. */
    public static String bits(double bits) {
        return bits >= 1e9
                ? text(bits / 1e9) + " Gbit/s"
                : bits >= 1e6 ? text(bits / 1e6) + " Mbit/s" : text(bits / 1e3) + " kbit/s";
    }

    /** Bytes, in decimal units. */
    public static String size(double bytes) {
        return bytes >= 1e9
                ? text(bytes / 1e9) + " GB"
                : bytes >= 1e6 ? text(bytes / 1e6) + " MB" : text(bytes / 1e3) + " KB";
    }

    public static String millis(double seconds) {
        return text(seconds * KILO) + " ms";
    }
}
