package dev.carillon.base;

/** A setting has a value that it must not have. The message is one line that names the key, the value and the rule. */
public final class ConfigException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final String key;

    /** The message hides the value of a secret key. */
    public ConfigException(Key<?> key, Object value, String rule) {
        this(key.name(), key.secret() ? "(hidden)" : value, rule);
    }

    /** @param value the value as the message shows it; never that of a secret key, and of a URL its {@link PrintableUrl} */
    public ConfigException(String key, Object value, String rule) {
        super(key + ": " + Text.printable(String.valueOf(value), 200) + ": " + rule);
        this.key = key;
    }

    public String key() {
        return key;
    }
}
