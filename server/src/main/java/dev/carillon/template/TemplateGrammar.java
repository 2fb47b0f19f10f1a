package dev.carillon.template;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Parser for URI Templates of all four levels (RFC 6570, section 2); it reads the text once. */
final class TemplateGrammar {
    /** Characters that literals must not contain, besides control characters (RFC 6570, section 2.1); {@code %} is allowed in {@code %XX}. */
    private static final String NOT_IN_LITERALS = " \"'%<>\\^`{|}";

    private final String text;
    private int at;

    private TemplateGrammar(String text) {
        this.text = text;
    }

    /** The parts of the template in order; empty if the text is malformed. */
    static Optional<List<TemplatePart>> parse(String text) {
        TemplateGrammar grammar = new TemplateGrammar(text);
        List<TemplatePart> parts = new ArrayList<>();
        while (grammar.at < text.length()) {
            Optional<TemplatePart> part = text.charAt(grammar.at) == '{' ? grammar.expression() : grammar.literal();
            if (part.isEmpty()) {
                return Optional.empty();
            }
            parts.add(part.get());
        }
        return Optional.of(parts);
    }

    private Optional<TemplatePart> literal() {
        int from = at;
        while (at < text.length() && text.charAt(at) != '{') {
            char c = text.charAt(at);
            if (!skipPercentEncoded()) {
                // U+0080 to U+009F are control characters.
                if (c <= ' ' || c >= 0x7f && c < 0xa0 || NOT_IN_LITERALS.indexOf(c) >= 0) {
                    return Optional.empty();
                }
                at++;
            }
        }
        return Optional.of(new TemplatePart.Literal(text.substring(from, at)));
    }

    private Optional<TemplatePart> expression() {
        at++;
        TemplatePart.Operator operator = TemplatePart.Operator.of(next());
        if (operator != TemplatePart.Operator.SIMPLE) {
            at++;
        }
        int variables = 0;
        boolean explode = false;
        do {
            if (variables > 0) {
                at++;
            }
            if (!skipName()) {
                return Optional.empty();
            }
            variables++;
            if (next() == '*') {
                at++;
                explode = true;
            } else if (next() == ':' && !skipMaxLength()) {
                return Optional.empty();
            }
        } while (next() == ',');
        if (next() != '}') {
            return Optional.empty();
        }
        at++;
        return Optional.of(new TemplatePart.Expression(operator, variables, explode));
    }

    /** A name: letters, digits, {@code _} and {@code %XX}, with single dots in between. */
    private boolean skipName() {
        int from = at;
        boolean afterDot = true;
        while (true) {
            char c = next();
            if (c == '.' && !afterDot) {
                afterDot = true;
                at++;
            } else if (isLetterOrDigit(c) || c == '_') {
                afterDot = false;
                at++;
            } else if (skipPercentEncoded()) {
                afterDot = false;
            } else {
                return at > from && !afterDot;
            }
        }
    }

    /** A prefix modifier: a colon and a number from 1 to 9999. */
    private boolean skipMaxLength() {
        int from = ++at;
        while (next() >= '0' && next() <= '9') {
            at++;
        }
        return at > from && at - from <= 4 && text.charAt(from) != '0';
    }

    private boolean skipPercentEncoded() {
        if (next() == '%'
                && at + 2 < text.length()
                && TopicUnits.isHexDigit(text.charAt(at + 1))
                && TopicUnits.isHexDigit(text.charAt(at + 2))) {
            at += 3;
            return true;
        }
        return false;
    }

    /** The next character; NUL at the end, which no template contains. */
    private char next() {
        return at < text.length() ? text.charAt(at) : '\0';
    }

    static boolean isLetterOrDigit(char c) {
        return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9';
    }
}
