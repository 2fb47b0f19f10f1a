package dev.carillon.broker;

import dev.carillon.base.Platform;
import java.util.List;

/** Opens brokers of one driver. Found by {@link java.util.ServiceLoader}, see {@link Brokers}. */
public interface BrokerProvider {
    /** The schemes of this driver's addresses, the one without TLS first: {@code redis}, {@code rediss}. */
    List<String> schemes();

    /**
     * Connects; may block for up to {@link BrokerOptions#startTimeout()}.
     *
     * @param platform clocks, randomness and threads; a driver uses no others, except those inside its client library
     * @throws BrokerUnavailableException when the server does not answer in that time
     * @throws dev.carillon.base.ConfigException for key {@code broker} when the address is malformed or the server's release cannot keep
     *     the contract; its message is one sentence that says what to do
     */
    Broker open(BrokerAddress address, BrokerOptions options, Platform platform);
}
