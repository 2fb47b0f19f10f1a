package dev.carillon.cli.scale;

import dev.carillon.cli.base.CommandException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Function;
import java.util.regex.Pattern;

/** Options whose value is a list, as in {@code 1,2,4}: each value is one of a dimension of a sweep. */
final class Choices {
    private static final int MAX_VALUES = 20;
    private static final Pattern SCOPE = Pattern.compile("global|session|(route|topic)@[1-9]\\d{0,6}");

    private Choices() {}

    static List<Integer> whole(String name, String text, int min, int max) {
        return values(name, text, "whole numbers from " + min + " to " + max, value -> {
            try {
                int number = Integer.parseInt(value);
                return number >= min && number <= max ? Optional.of(number) : Optional.empty();
            } catch (NumberFormatException e) {
                return Optional.empty();
            }
        });
    }

    static List<Double> numbers(String name, String text, double max) {
        String rule = String.format(Locale.ROOT, "numbers above 0, at most %.0f", max);
        return values(name, text, rule, value -> {
            try {
                double number = Double.parseDouble(value);
                return number > 0 && number <= max ? Optional.of(number) : Optional.empty();
            } catch (NumberFormatException e) {
                return Optional.empty();
            }
        });
    }

    static List<String> names(String name, String text, List<String> known) {
        return values(
                name,
                text,
                "of " + String.join(", ", known),
                value -> known.contains(value) ? Optional.of(value) : Optional.empty());
    }

    static List<String> scopes(String name, String text) {
        return values(
                name,
                text,
                "global, session, route@N or topic@N, N being the clients in each",
                value -> SCOPE.matcher(value).matches() ? Optional.of(value) : Optional.empty());
    }

    static List<Boolean> flags(String name, String text) {
        return values(name, text, "of yes, no", value -> switch (value) {
            case "yes" -> Optional.of(true);
            case "no" -> Optional.of(false);
            default -> Optional.empty();
        });
    }

    private static <T> List<T> values(String name, String text, String rule, Function<String, Optional<T>> parse) {
        List<T> values = new ArrayList<>();
        for (String value : text.split(",", -1)) {
            T parsed = parse.apply(value.strip())
                    .orElseThrow(() -> CommandException.misused(
                            name + ": " + text + ": must be " + rule + ", separated by commas"));
            if (!values.contains(parsed)) {
                values.add(parsed);
            }
        }
        if (values.size() > MAX_VALUES) {
            throw CommandException.misused(name + ": " + text + ": must have at most " + MAX_VALUES + " values");
        }
        return values;
    }
}
