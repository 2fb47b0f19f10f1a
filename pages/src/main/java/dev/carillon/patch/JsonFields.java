package dev.carillon.patch;

import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Reads a JSON object (RFC 8259) as fields: a member of an object inside it has a name with dots. Texts are as they are, numbers and booleans as they are written, an array is its JSON
 * text, and null is left out. For one text.
 */
public final class JsonFields {
    private static final int MAX_DEPTH = 16;

    private final String json;
    private final Map<String, String> fields = new LinkedHashMap<>();
    private int at;

    private JsonFields(String json) {
        this.json = json;
    }

    /** @throws IllegalArgumentException with a rule that the text breaks */
    public static Map<String, String> read(String json) {
        JsonFields reader = new JsonFields(json);
        reader.blanks();
        reader.members("", 1);
        reader.blanks();
        if (reader.at < json.length()) {
            throw reader.wrong("nothing after the object");
        }
        return reader.fields;
    }

    private void members(String prefix, int depth) {
        if (depth > MAX_DEPTH) {
            throw new IllegalArgumentException("must be nested at most " + MAX_DEPTH + " levels deep");
        }
        expect('{', "an object");
        blanks();
        if (accept('}')) {
            return;
        }
        do {
            blanks();
            String name = string();
            blanks();
            expect(':', "a colon");
            blanks();
            member(prefix + name, depth);
            blanks();
        } while (accept(','));
        expect('}', "the end of an object");
    }

    private void member(String name, int depth) {
        switch (peek()) {
            case '{' -> members(name + ".", depth + 1);
            case '[' -> {
                int from = at;
                array(depth + 1);
                put(name, json.substring(from, at));
            }
            default -> {
                String scalar = scalar();
                if (scalar != null) {
                    put(name, scalar);
                }
            }
        }
    }

    private void put(String name, String text) {
        if (fields.put(name, text) != null) {
            throw new IllegalArgumentException("must have each name once");
        }
    }

    /** Skips an array. */
    private void array(int depth) {
        if (depth > MAX_DEPTH) {
            throw new IllegalArgumentException("must be nested at most " + MAX_DEPTH + " levels deep");
        }
        expect('[', "an array");
        blanks();
        if (accept(']')) {
            return;
        }
        do {
            blanks();
            switch (peek()) {
                case '[' -> array(depth + 1);
                case '{' -> objectInArray(depth + 1);
                default -> {
                    Object _ = String.valueOf(scalar());
                }
            }
            blanks();
        } while (accept(','));
        expect(']', "the end of an array");
    }

    private void objectInArray(int depth) {
        JsonFields inner = new JsonFields(json);
        inner.at = at;
        inner.members("", depth);
        at = inner.at;
    }

    /** Null: null. */
    private @Nullable String scalar() {
        if (peek() == '"') {
            return string();
        }
        int from = at;
        while (at < json.length() && ",]} \t\r\n".indexOf(json.charAt(at)) < 0) {
            at++;
        }
        String text = json.substring(from, at);
        if (text.equals("null")) {
            return null;
        }
        if (text.equals("true")
                || text.equals("false")
                || text.matches("-?(0|[1-9][0-9]*)(\\.[0-9]+)?([eE][+-]?[0-9]+)?")) {
            return text;
        }
        at = from;
        throw wrong("a value");
    }

    private String string() {
        expect('"', "a text");
        StringBuilder text = new StringBuilder();
        while (true) {
            char c = next();
            switch (c) {
                case '"' -> {
                    return text.toString();
                }
                case '\\' -> text.append(escaped());
                default -> {
                    if (c < ' ') {
                        throw wrong("no control character in a text");
                    }
                    text.append(c);
                }
            }
        }
    }

    private char escaped() {
        char c = next();
        return switch (c) {
            case '"', '\\', '/' -> c;
            case 'b' -> '\b';
            case 'f' -> '\f';
            case 'n' -> '\n';
            case 'r' -> '\r';
            case 't' -> '\t';
            case 'u' -> {
                String digits = json.substring(at, Math.min(at + 4, json.length()));
                if (!digits.matches("[0-9A-Fa-f]{4}")) {
                    throw wrong("four hexadecimal digits");
                }
                at += 4;
                yield (char) Integer.parseInt(digits, 16);
            }
            default -> throw wrong("an escape of JSON");
        };
    }

    private char peek() {
        if (at >= json.length()) {
            throw wrong("more");
        }
        return json.charAt(at);
    }

    private char next() {
        char c = peek();
        at++;
        return c;
    }

    private boolean accept(char c) {
        if (at < json.length() && json.charAt(at) == c) {
            at++;
            return true;
        }
        return false;
    }

    private void expect(char c, String what) {
        if (!accept(c)) {
            throw wrong(what);
        }
    }

    private void blanks() {
        while (at < json.length() && " \t\r\n".indexOf(json.charAt(at)) >= 0) {
            at++;
        }
    }

    private IllegalArgumentException wrong(String expected) {
        return new IllegalArgumentException("must be a JSON object; expected " + expected + " at character " + at);
    }
}
