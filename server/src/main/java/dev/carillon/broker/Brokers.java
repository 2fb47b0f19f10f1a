package dev.carillon.broker;

import dev.carillon.base.ConfigException;
import java.net.URI;
import java.net.URISyntaxException;
import java.util.List;
import java.util.ServiceLoader;

/** Finds the driver for an address. */
public final class Brokers {
    private static final String KEY = "broker";

    private Brokers() {}

    /**
     * Opens {@code memory}, {@code redis://host:port} and the like; may block as {@link BrokerProvider#open} does.
     *
     * @throws ConfigException for an address that no driver takes: the message lists the known schemes
     */
    public static Broker open(String address, BrokerOptions options) {
        return provider(address).open(uri(address), options);
    }

    /** @throws ConfigException as {@link #open} does for an address that no driver takes */
    public static void check(String address) {
        provider(address);
    }

    private static BrokerProvider provider(String address) {
        List<BrokerProvider> providers = ServiceLoader.load(BrokerProvider.class).stream()
                .map(ServiceLoader.Provider::get)
                .toList();
        String scheme = uri(address).getScheme();
        for (BrokerProvider provider : providers) {
            if (provider.schemes().contains(scheme)) {
                return provider;
            }
        }
        List<String> known =
                providers.stream().flatMap(p -> p.schemes().stream()).sorted().toList();
        throw new ConfigException(
                KEY, redacted(address), "no driver takes this scheme; known are " + String.join(", ", known));
    }

    /** The address without user name and password, for logs and health. */
    public static String redacted(String address) {
        return address.replaceAll("//[^/@]*@", "//(hidden)@");
    }

    private static URI uri(String address) {
        try {
            URI uri = new URI(address.contains(":") ? address : address + ":///");
            if (uri.getScheme() != null) {
                return uri;
            }
        } catch (URISyntaxException e) {
            // Told below: the exception's own message would show a password.
        }
        throw new ConfigException(KEY, redacted(address), "must be an address such as memory or redis://host:port");
    }
}
