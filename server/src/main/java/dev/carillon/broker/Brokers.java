package dev.carillon.broker;

import dev.carillon.base.ConfigException;
import dev.carillon.base.Platform;
import java.util.List;
import java.util.ServiceLoader;

/** Opens brokers with the driver for their address. */
public final class Brokers {
    private Brokers() {}

    /**
     * Opens {@code memory}, {@code redis://host:port} and the like; may block as {@link BrokerProvider#open} does.
     *
     * @throws ConfigException for an address without a driver; the message lists the known schemes
     */
    public static Broker open(String address, BrokerOptions options) {
        return open(BrokerAddress.parse(address), options);
    }

    /** @throws ConfigException as {@link #open(String, BrokerOptions)} does */
    public static Broker open(BrokerAddress address, BrokerOptions options) {
        return open(address, options, Platform.system());
    }

    /** @throws ConfigException as {@link #open(String, BrokerOptions)} does */
    public static Broker open(BrokerAddress address, BrokerOptions options, Platform platform) {
        return provider(address).open(address, options, platform);
    }

    /** @throws ConfigException for an address without a driver */
    public static BrokerAddress address(String text) {
        BrokerAddress address = BrokerAddress.parse(text);
        BrokerProvider _ = provider(address);
        return address;
    }

    private static BrokerProvider provider(BrokerAddress address) {
        List<BrokerProvider> providers = ServiceLoader.load(BrokerProvider.class).stream()
                .map(ServiceLoader.Provider::get)
                .toList();
        for (BrokerProvider provider : providers) {
            if (provider.schemes().contains(address.scheme())) {
                return provider;
            }
        }
        List<String> known =
                providers.stream().flatMap(p -> p.schemes().stream()).sorted().toList();
        throw address.refused("no driver takes this scheme; known are " + String.join(", ", known));
    }
}
