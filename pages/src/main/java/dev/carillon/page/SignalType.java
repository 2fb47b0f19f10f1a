package dev.carillon.page;

import dev.carillon.base.Text;
import java.util.Arrays;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** How the values of a signal are written as text: in the store, in forms and in HTML. Immutable. */
public final class SignalType<T> {
    /** Maximum length of a text whose type gives no other. */
    public static final int TEXT_MAX_CHARS = 1_000;

    public static final SignalType<Integer> INT =
            of("must be a whole number", v -> Integer.toString(v), Integer::valueOf);
    public static final SignalType<Long> LONG = of("must be a whole number", v -> Long.toString(v), Long::valueOf);
    public static final SignalType<Double> DOUBLE = of("must be a number", v -> Double.toString(v), SignalType::number);
    /** A checkbox without a value sends {@code on}. */
    public static final SignalType<Boolean> BOOLEAN =
            of("must be true or false", v -> Boolean.toString(v), SignalType::bool);

    private final String rule;
    private final Function<T, String> write;
    private final Function<String, T> read;

    private SignalType(String rule, Function<T, String> write, Function<String, T> read) {
        this.rule = rule;
        this.write = write;
        this.read = read;
    }

    /**
     * A type of the application.
     *
     * @param rule for messages, such as {@code must be a date}
     * @param read throws {@link IllegalArgumentException} for text that breaks the rule
     */
    public static <T> SignalType<T> of(String rule, Function<T, String> write, Function<String, T> read) {
        return new SignalType<>(rule, write, read);
    }

    /** Text of at most {@code maxChars} characters, without control characters other than line breaks and tabs. */
    public static SignalType<String> text(int maxChars) {
        return of("must have at most " + maxChars + " characters and no control characters", v -> v, v -> {
            require(v.length() <= maxChars && Text.isWellFormed(v) && v.chars().noneMatch(SignalType::isForbidden));
            return v;
        });
    }

    public static <E extends Enum<E>> SignalType<E> ofEnum(Class<E> type) {
        return of(
                "must be one of " + Arrays.toString(type.getEnumConstants()),
                Enum::name,
                text -> Enum.valueOf(type, text));
    }

    /** The type of an initial value: a String, Integer, Long, Double, Boolean or enum. */
    @SuppressWarnings("unchecked") // The type is that of the value.
    static <T> SignalType<T> ofValue(T initial) {
        return (SignalType<T>)
                switch (initial) {
                    case String _ -> text(TEXT_MAX_CHARS);
                    case Integer _ -> INT;
                    case Long _ -> LONG;
                    case Double _ -> DOUBLE;
                    case Boolean _ -> BOOLEAN;
                    case Enum<?> value ->
                        SignalType.<EnumAny>ofEnum((Class<EnumAny>) (Class<?>) value.getDeclaringClass());
                    default ->
                        throw new IllegalArgumentException("a signal of "
                                + initial.getClass().getName() + " needs a SignalType, as the last argument");
                };
    }

    /** Stands for the unknown type of an enum constant. */
    private enum EnumAny {}

    /**
     * The text of a value.
     *
     * @throws IllegalArgumentException when the value breaks the rule
     */
    public String write(T value) {
        String text = write.apply(value);
        T _ = read(text);
        return text;
    }

    /**
     * The value of a text.
     *
     * @throws IllegalArgumentException with the rule
     */
    public T read(String text) {
        try {
            return read.apply(text);
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException(rule, e);
        }
    }

    private static void require(boolean holds) {
        if (!holds) {
            throw new IllegalArgumentException();
        }
    }

    private static boolean isForbidden(int c) {
        return c < ' ' && c != '\n' && c != '\r' && c != '\t' || c == 0x7f;
    }

    private static Double number(String text) {
        double value = Double.parseDouble(text);
        require(Double.isFinite(value));
        return value;
    }

    private static @Nullable Boolean boolOrNull(String text) {
        return switch (text) {
            case "true", "on" -> true;
            case "false" -> false;
            default -> null;
        };
    }

    private static Boolean bool(String text) {
        Boolean value = boolOrNull(text);
        if (value == null) {
            throw new IllegalArgumentException();
        }
        return value;
    }
}
