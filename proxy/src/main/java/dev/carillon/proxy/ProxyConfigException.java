package dev.carillon.proxy;

/** An invalid configuration value of the proxy. Its message is one line that names the option, the value and the rule. */
public final class ProxyConfigException extends RuntimeException {
    private static final long serialVersionUID = 1L;
    private static final int MAX_SHOWN = 200;

    private final String option;

    public ProxyConfigException(String option, Object value, String rule) {
        super(option + ": " + shown(String.valueOf(value)) + ": " + rule);
        this.option = option;
    }

    public String option() {
        return option;
    }

    private static String shown(String value) {
        String printable = value.replaceAll("\\p{Cntrl}", "?");
        return printable.length() <= MAX_SHOWN ? printable : printable.substring(0, MAX_SHOWN) + "...";
    }
}
