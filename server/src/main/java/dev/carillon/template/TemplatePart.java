package dev.carillon.template;

/** A part of a URI Template: a literal, or an expression in braces (RFC 6570, section 2). */
sealed interface TemplatePart {
    record Literal(String text) implements TemplatePart {}

    /**
     * @param variables number of variables, at least 1
     * @param explode whether at least one variable has the modifier {@code *}
     */
    record Expression(Operator operator, int variables, boolean explode) implements TemplatePart {
        /** Whether {@code =} may occur in the expansion, between a name or key and its value. */
        boolean allowsEquals() {
            return operator.named || explode;
        }
    }

    /** Operators of expressions (RFC 6570, appendix A). */
    enum Operator {
        SIMPLE('\0', '\0', ',', false, false),
        RESERVED('+', '\0', ',', true, false),
        FRAGMENT('#', '#', ',', true, false),
        LABEL('.', '.', '.', false, false),
        PATH('/', '/', '/', false, false),
        PARAMETER(';', ';', ';', false, true),
        QUERY('?', '?', '&', false, true),
        CONTINUATION('&', '&', '&', false, true);

        private final char sign;

        /** First character of an expansion; NUL: the expansion begins with its first value. */
        final char first;

        final char separator;

        /** Whether reserved characters in values are not percent-encoded. */
        final boolean reserved;

        private final boolean named;

        Operator(char sign, char first, char separator, boolean reserved, boolean named) {
            this.sign = sign;
            this.first = first;
            this.separator = separator;
            this.reserved = reserved;
            this.named = named;
        }

        /** The operator with the sign; {@link #SIMPLE} for any other character. */
        static Operator of(char sign) {
            for (Operator operator : values()) {
                if (operator != SIMPLE && operator.sign == sign) {
                    return operator;
                }
            }
            return SIMPLE;
        }
    }
}
