package dev.carillon.spring;

/** A configuration key has a value that breaks its rule, or none. */
final class CarillonPropertyException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final String name;
    private final String rule;

    /** @param value not a secret */
    CarillonPropertyException(String name, Object value, String rule) {
        super(name + ": " + value + ": " + rule);
        this.name = name;
        this.rule = rule;
    }

    String name() {
        return name;
    }

    String rule() {
        return rule;
    }
}
