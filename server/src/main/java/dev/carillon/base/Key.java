package dev.carillon.base;

import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * One thing that can be set: one flag ({@code --name}), one variable ({@code CARILLON_NAME}) and one entry of the file.
 *
 * @param name in lower case with hyphens
 * @param form what stands for the value in a help text, as in {@code MILLIS}; empty: a switch, set by its flag alone
 * @param fallback the value where none is given; null: none
 * @param secret whether its value must never be shown
 * @param help one sentence
 */
public record Key(String name, String form, @Nullable String fallback, boolean secret, String help) {
    public static Key of(String name, String form, @Nullable String fallback, String help) {
        return new Key(name, form, fallback, false, help);
    }

    public static Key secret(String name, String form, String help) {
        return new Key(name, form, null, true, help);
    }

    public static Key flag(String name, String help) {
        return new Key(name, "", "false", false, help);
    }

    public boolean isSwitch() {
        return form.isEmpty();
    }

    public String variable() {
        return "CARILLON_" + name.toUpperCase(Locale.ROOT).replace('-', '_');
    }
}
