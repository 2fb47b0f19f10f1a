package dev.carillon.base;

/** A configuration value that was refused. Its message is one line that names the key, the value and the rule. */
public final class ConfigException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final String key;

    /** Shows no value of a key that is declared secret. */
    public ConfigException(Key key, Object value, String rule) {
        this(key.name(), key.secret() ? "(hidden)" : value, rule);
    }

    /** @param value shown to the user: never that of a secret key, and of a URL its {@link PrintableUrl} */
    public ConfigException(String key, Object value, String rule) {
        super(key + ": " + Text.printable(String.valueOf(value), 200) + ": " + rule);
        this.key = key;
    }

    public String key() {
        return key;
    }
}
