package dev.carillon.base;

import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * One thing that can be set: one flag ({@code --name}), one variable ({@code CARILLON_NAME}) and one entry of the file.
 *
 * @param name in lower case with hyphens
 * @param form what stands for the value in a help text, as in {@code MILLIS}; empty: a switch, set by its flag alone
 * @param fallback the value where none is given; null: none
 * @param secret whether its value must never be shown
 * @param help one sentence
 * @param aliases further variables of it: names that another program has for the same thing
 */
public record Key(
        String name, String form, @Nullable String fallback, boolean secret, String help, List<String> aliases) {
    public Key {
        aliases = List.copyOf(aliases);
    }

    public static Key of(String name, String form, @Nullable String fallback, String help) {
        return new Key(name, form, fallback, false, help, List.of());
    }

    public static Key secret(String name, String form, String help) {
        return new Key(name, form, null, true, help, List.of());
    }

    public static Key flag(String name, String help) {
        return new Key(name, "", "false", false, help, List.of());
    }

    /** The same key, which may be given by this variable, too. */
    public Key orBy(String alias) {
        return new Key(
                name,
                form,
                fallback,
                secret,
                help,
                Stream.concat(aliases.stream(), Stream.of(alias)).toList());
    }

    public boolean isSwitch() {
        return form.isEmpty();
    }

    public String variable() {
        return "CARILLON_" + name.toUpperCase(Locale.ROOT).replace('-', '_');
    }

    /** Every variable by which it may be given, its own first. */
    public List<String> variables() {
        return Stream.concat(Stream.of(variable()), aliases.stream()).toList();
    }
}
