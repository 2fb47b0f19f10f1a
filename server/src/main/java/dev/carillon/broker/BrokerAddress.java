package dev.carillon.broker;

import dev.carillon.base.ConfigException;
import dev.carillon.base.PrintableUrl;
import java.net.URI;
import java.net.URISyntaxException;

/** The address of a broker, which may hold a password: {@link #toString} never shows it, {@link #uri} is for drivers alone. */
public final class BrokerAddress {
    private static final String KEY = "broker";

    private final URI uri;
    private final String shown;

    private BrokerAddress(URI uri, String shown) {
        this.uri = uri;
        this.shown = shown;
    }

    /**
     * A word such as {@code memory}, or a URL.
     *
     * @throws ConfigException for anything else; it shows at the most the scheme
     */
    public static BrokerAddress parse(String text) {
        try {
            URI uri = new URI(isWord(text) ? text + ":///" : text);
            if (uri.getScheme() != null) {
                return new BrokerAddress(uri, printable(text));
            }
        } catch (URISyntaxException e) {
            // Told below: the exception's own message would show a password.
        }
        throw new ConfigException(KEY, printable(text), "must be an address such as memory or redis://host:port");
    }

    /** The form for messages of what may be an address: a word as it is, of anything else its {@link PrintableUrl}. */
    public static String printable(String text) {
        return isWord(text) ? text : PrintableUrl.of(text);
    }

    private static boolean isWord(String text) {
        return text.matches("[a-z][a-z-]{0,15}");
    }

    public String scheme() {
        return uri.getScheme();
    }

    /** With user and password: do not show it. */
    public URI uri() {
        return uri;
    }

    /** An error of this address that a driver found. */
    public ConfigException refused(String rule) {
        return new ConfigException(KEY, shown, rule);
    }

    /** Without user, password and query. */
    @Override
    public String toString() {
        return shown;
    }
}
