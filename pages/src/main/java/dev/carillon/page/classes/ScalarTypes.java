package dev.carillon.page.classes;

import dev.carillon.page.SignalType;
import org.jspecify.annotations.Nullable;

/** The types of values that classes of pages may have. */
final class ScalarTypes {
    static final String RULE = "must be text, int, long, double, boolean or an enum";

    private ScalarTypes() {}

    /** Null: values of the class cannot be stored. */
    static @Nullable SignalType<?> of(Class<?> type, int maxChars) {
        if (type == String.class) {
            return SignalType.text(maxChars);
        }
        if (type == int.class || type == Integer.class) {
            return SignalType.INT;
        }
        if (type == long.class || type == Long.class) {
            return SignalType.LONG;
        }
        if (type == double.class || type == Double.class) {
            return SignalType.DOUBLE;
        }
        if (type == boolean.class || type == Boolean.class) {
            return SignalType.BOOLEAN;
        }
        return type.isEnum() ? ofEnum(type) : null;
    }

    static @Nullable SignalType<?> of(Class<?> type) {
        return of(type, SignalType.TEXT_MAX_CHARS);
    }

    @SuppressWarnings("unchecked") // The caller has checked that it is an enum.
    private static SignalType<?> ofEnum(Class<?> type) {
        return SignalType.<Constant>ofEnum((Class<Constant>) type);
    }

    /** Stands for the unknown enum. */
    private enum Constant {}
}
