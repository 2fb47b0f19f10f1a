package dev.carillon.patch;

import java.util.Collection;
import java.util.Iterator;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Writes values as JSON (RFC 8259), in one line. */
public final class Json {
    private Json() {}

    /**
     * The JSON of a value.
     *
     * @throws IllegalArgumentException when it is none of text, finite number, boolean, null, a collection or a map of these
     */
    public static String write(@Nullable Object value) {
        StringBuilder out = new StringBuilder();
        write(value, out);
        return out.toString();
    }

    private static void write(@Nullable Object value, StringBuilder out) {
        switch (value) {
            case null -> out.append("null");
            case CharSequence text -> string(text, out);
            case Enum<?> constant -> string(constant.name(), out);
            case Boolean truth -> out.append(truth.booleanValue());
            case Number number when Double.isFinite(number.doubleValue()) -> out.append(number);
            case Collection<?> elements -> array(elements, out);
            case Map<?, ?> members -> object(members, out);
            default ->
                throw new IllegalArgumentException(
                        value.getClass().getName() + " is not text, a finite number, a boolean, a collection or a map");
        }
    }

    private static void array(Collection<?> elements, StringBuilder out) {
        out.append('[');
        for (Iterator<?> all = elements.iterator(); all.hasNext(); ) {
            write(all.next(), out);
            out.append(all.hasNext() ? "," : "");
        }
        out.append(']');
    }

    private static void object(Map<?, ?> members, StringBuilder out) {
        out.append('{');
        for (Iterator<? extends Map.Entry<?, ?>> all = members.entrySet().iterator(); all.hasNext(); ) {
            Map.Entry<?, ?> member = all.next();
            string(String.valueOf(member.getKey()), out);
            out.append(':');
            write(member.getValue(), out);
            out.append(all.hasNext() ? "," : "");
        }
        out.append('}');
    }

    private static void string(CharSequence text, StringBuilder out) {
        out.append('"');
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            switch (c) {
                case '"' -> out.append("\\\"");
                case '\\' -> out.append("\\\\");
                case '\n' -> out.append("\\n");
                case '\r' -> out.append("\\r");
                case '\t' -> out.append("\\t");
                default -> {
                    // Also keeps the JSON out of the markup around it.
                    if (c < ' ' || c == '<' || c == '>' || c == '&' || Character.isSurrogate(c) && !paired(text, i)) {
                        out.append("\\u").append("%04x".formatted((int) c));
                    } else {
                        out.append(c);
                    }
                }
            }
        }
        out.append('"');
    }

    private static boolean paired(CharSequence text, int i) {
        return Character.isHighSurrogate(text.charAt(i))
                ? i + 1 < text.length() && Character.isLowSurrogate(text.charAt(i + 1))
                : i > 0 && Character.isHighSurrogate(text.charAt(i - 1));
    }
}
