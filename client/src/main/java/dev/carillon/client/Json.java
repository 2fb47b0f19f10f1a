package dev.carillon.client;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Writes requests, and reads the small answers of a node: objects and arrays as maps and lists, numbers as {@code Double}. */
final class Json {
    /** Of data, as at the node. */
    private static final int MAX_DEPTH = 100;
    /** Of answers, which have data in them. */
    private static final int MAX_ANSWER_DEPTH = MAX_DEPTH + 10;

    private static final Pattern NUMBER = Pattern.compile("-?(0|[1-9][0-9]*)(\\.[0-9]+)?([eE][+-]?[0-9]+)?");
    private static final Pattern HEX = Pattern.compile("[0-9a-fA-F]{4}");

    /** The text of a JSON value that is not a string. */
    record Raw(String text) {}

    private static final String NONE = "";

    private final String text;
    /** Name of the members whose values are read as {@link Raw} unless they are strings. */
    private final String raw;

    private final int maxDepth;
    private int at;
    private int depth;

    private Json(String text, String raw, int maxDepth) {
        this.text = text;
        this.raw = raw;
        this.maxDepth = maxDepth;
    }

    static String string(String value) {
        StringBuilder out = new StringBuilder(value.length() + 16).append('"');
        for (int i = 0; i < value.length(); i++) {
            char c = value.charAt(i);
            switch (c) {
                case '"' -> out.append("\\\"");
                case '\\' -> out.append("\\\\");
                case '\n' -> out.append("\\n");
                default -> {
                    if (c < ' ' || Character.isSurrogate(c)) {
                        out.append(String.format("\\u%04x", (int) c));
                    } else {
                        out.append(c);
                    }
                }
            }
        }
        return out.append('"').toString();
    }

    static String array(List<String> values) {
        return values.stream().map(Json::string).collect(Collectors.joining(",", "[", "]"));
    }

    static String object(Map<String, String> members) {
        return members.entrySet().stream()
                .map(member -> string(member.getKey()) + ":" + member.getValue())
                .collect(Collectors.joining(",", "{", "}"));
    }

    /** An object; empty if the text is none. */
    static Map<?, ?> readObject(String text) {
        try {
            return object(text, NONE);
        } catch (IllegalArgumentException e) {
            return Map.of();
        }
    }

    /**
     * An answer of a node, with the values of the members of this name, on all levels, as strings or as {@link Raw}.
     *
     * @throws ClientException the text is no object: it is not from a node, or was cut off
     */
    static Map<?, ?> answer(String text, String raw) {
        try {
            return object(text, raw);
        } catch (IllegalArgumentException e) {
            throw ClientException.invalidAnswer("it is no JSON object", e);
        }
    }

    /** @throws ClientException the answer of a node does not have the member */
    static String required(Map<?, ?> answer, String member) {
        String text = text(answer, member);
        if (text == null) {
            throw ClientException.invalidAnswer("it has no " + member, null);
        }
        return text;
    }

    private static Map<?, ?> object(String text, String raw) {
        if (new Json(text, raw, MAX_ANSWER_DEPTH).document() instanceof Map<?, ?> map) {
            return map;
        }
        throw new IllegalArgumentException("json: must be an object");
    }

    /**
     * Returns the text if it is one JSON value (RFC 8259).
     *
     * @throws IllegalArgumentException names the position at which it is not
     */
    static String checked(String text) {
        new Json(text, NONE, MAX_DEPTH).document();
        return text;
    }

    static @Nullable String text(Map<?, ?> object, String member) {
        return object.get(member) instanceof String text ? text : null;
    }

    static int number(Map<?, ?> object, String member) {
        return object.get(member) instanceof Double number ? number.intValue() : 0;
    }

    private @Nullable Object document() {
        Object value = value();
        skipBlanks();
        if (at < text.length()) {
            throw invalid();
        }
        return value;
    }

    private @Nullable Object value() {
        skipBlanks();
        char c = peek();
        if (c == '{' || c == '[') {
            if (++depth > maxDepth) {
                throw invalid();
            }
            at++;
            Object container = c == '{' ? members() : elements();
            depth--;
            return container;
        }
        if (c == '"') {
            return string();
        }
        return switch (c) {
            case 't' -> literal("true", true);
            case 'f' -> literal("false", false);
            case 'n' -> literal("null", null);
            default -> Double.valueOf(matched(NUMBER));
        };
    }

    private @Nullable Object literal(String name, @Nullable Object value) {
        if (!text.startsWith(name, at)) {
            throw invalid();
        }
        at += name.length();
        return value;
    }

    private String matched(Pattern pattern) {
        Matcher matcher = pattern.matcher(text).region(at, text.length());
        if (!matcher.lookingAt()) {
            throw invalid();
        }
        at = matcher.end();
        return matcher.group();
    }

    private Map<String, @Nullable Object> members() {
        Map<String, @Nullable Object> members = new LinkedHashMap<>();
        while (!ends('}', members.isEmpty())) {
            skipBlanks();
            String name = string();
            skipBlanks();
            expect(':');
            skipBlanks();
            int start = at;
            Object value = value();
            members.put(
                    name, name.equals(raw) && !(value instanceof String) ? new Raw(text.substring(start, at)) : value);
        }
        return members;
    }

    private List<@Nullable Object> elements() {
        List<@Nullable Object> elements = new ArrayList<>();
        while (!ends(']', elements.isEmpty())) {
            elements.add(value());
        }
        return elements;
    }

    /** Whether the container ends here; otherwise the comma before its next part is read. */
    private boolean ends(char end, boolean first) {
        skipBlanks();
        if (peek() == end) {
            at++;
            return true;
        }
        if (!first) {
            expect(',');
        }
        return false;
    }

    private String string() {
        expect('"');
        StringBuilder out = new StringBuilder();
        for (char c = next(); c != '"'; c = next()) {
            if (c < ' ') {
                at--;
                throw invalid();
            }
            if (c != '\\') {
                out.append(c);
                continue;
            }
            char escaped = next();
            switch (escaped) {
                case 'b' -> out.append('\b');
                case 'f' -> out.append('\f');
                case 'n' -> out.append('\n');
                case 'r' -> out.append('\r');
                case 't' -> out.append('\t');
                case 'u' -> out.append((char) Integer.parseInt(matched(HEX), 16));
                case '"', '\\', '/' -> out.append(escaped);
                default -> {
                    at--;
                    throw invalid();
                }
            }
        }
        return out.toString();
    }

    private void skipBlanks() {
        while (at < text.length() && " \t\r\n".indexOf(text.charAt(at)) >= 0) {
            at++;
        }
    }

    private char peek() {
        if (at == text.length()) {
            throw invalid();
        }
        return text.charAt(at);
    }

    private char next() {
        char c = peek();
        at++;
        return c;
    }

    private void expect(char c) {
        if (peek() != c) {
            throw invalid();
        }
        at++;
    }

    private IllegalArgumentException invalid() {
        return new IllegalArgumentException("json: must be one JSON value, nested at most " + maxDepth
                + " levels deep; it is not at position " + at);
    }
}
