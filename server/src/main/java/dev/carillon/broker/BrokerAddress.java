package dev.carillon.broker;

import dev.carillon.base.ConfigException;
import dev.carillon.base.PrintableUrl;
import java.net.URI;
import java.net.URISyntaxException;

/** The address of a broker. It may contain a password: {@link #toString} omits it, and only drivers may use {@link #uri}. */
public final class BrokerAddress {
    private static final String KEY = "broker";

    private final URI uri;
    private final String shown;

    private BrokerAddress(URI uri, String shown) {
        this.uri = uri;
        this.shown = shown;
    }

    /**
     * Parses a word such as {@code memory}, or a URL.
     *
     * @throws ConfigException for anything else; its message shows the scheme at most
     */
    public static BrokerAddress parse(String text) {
        try {
            URI uri = new URI(isWord(text) ? text + ":///" : text);
            if (uri.getScheme() != null) {
                return new BrokerAddress(uri, printable(text));
            }
        } catch (URISyntaxException e) {
            // Reported below: the message of this exception would show a password.
        }
        throw new ConfigException(KEY, printable(text), "must be an address such as memory or redis://host:port");
    }

    /** The text for messages: a word unchanged, anything else as {@link PrintableUrl}. */
    public static String printable(String text) {
        return isWord(text) ? text : PrintableUrl.of(text);
    }

    private static boolean isWord(String text) {
        return text.matches("[a-z][a-z-]{0,15}");
    }

    public String scheme() {
        return uri.getScheme();
    }

    /** Includes user and password: never log it. */
    public URI uri() {
        return uri;
    }

    /** An error in this address that a driver found. */
    public ConfigException refused(String rule) {
        return new ConfigException(KEY, shown, rule);
    }

    /** Omits user, password and query. */
    @Override
    public String toString() {
        return shown;
    }
}
