package dev.carillon.template;

/** A piece of a URI Template: text that stands as it is, or an expression in braces (RFC 6570, section 2). */
sealed interface TemplatePart {
    record Literal(String text) implements TemplatePart {}

    /**
     * @param variables how many are named, from 1 on
     * @param explode whether one of them has the modifier {@code *}
     */
    record Expression(Operator operator, int variables, boolean explode) implements TemplatePart {
        /** Whether a value may have {@code =} in it: the name or key of a value stands before it. */
        boolean allowsEquals() {
            return operator.named || explode;
        }
    }

    /** What an expression begins with, and what it makes of its values (RFC 6570, appendix A). */
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

        /** What an expansion begins with; NUL: with its first value. */
        final char first;

        final char separator;

        /** Whether reserved characters stand in values as they are. */
        final boolean reserved;

        private final boolean named;

        Operator(char sign, char first, char separator, boolean reserved, boolean named) {
            this.sign = sign;
            this.first = first;
            this.separator = separator;
            this.reserved = reserved;
            this.named = named;
        }

        /** The operator with this sign; {@link #SIMPLE} if none has it. */
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
