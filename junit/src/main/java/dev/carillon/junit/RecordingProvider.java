package dev.carillon.junit;

import dev.carillon.base.Platform;
import dev.carillon.broker.Broker;
import dev.carillon.broker.BrokerAddress;
import dev.carillon.broker.BrokerOptions;
import dev.carillon.broker.BrokerProvider;
import dev.carillon.broker.Brokers;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** The in-memory broker of {@link CarillonNode}, which records what is broadcast. Nodes of an application's configuration cannot use it. */
public final class RecordingProvider implements BrokerProvider {
    private static final String SCHEME = "recorded";
    /** Recordings of the clusters that run, by name. */
    private static final Map<String, Recording> RECORDINGS = new ConcurrentHashMap<>();

    /** Found by {@link java.util.ServiceLoader}. */
    public RecordingProvider() {}

    /** Makes the address of a broker whose broadcasts are recorded, until {@link #forget}. */
    static String address(String name, Recording recording) {
        RECORDINGS.put(name, recording);
        // The node warns of a broker on another host.
        return SCHEME + "://localhost/" + name;
    }

    static void forget(String name) {
        RECORDINGS.remove(name);
    }

    @Override
    public List<String> schemes() {
        return List.of(SCHEME);
    }

    @Override
    public Broker open(BrokerAddress address, BrokerOptions options, Platform platform) {
        String name = String.valueOf(address.uri().getPath()).replace("/", "");
        Recording recording = RECORDINGS.get(name);
        if (recording == null) {
            throw address.refused("is for the nodes of a CarillonNode only: use memory");
        }
        Broker memory = Brokers.open(BrokerAddress.parse("memory://" + name), options, platform);
        return new RecordedBroker(memory, new RecordedChannel(memory.channel(), recording));
    }
}
