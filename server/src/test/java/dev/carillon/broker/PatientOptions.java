package dev.carillon.broker;

import dev.carillon.testkit.Patience;
import java.time.Duration;

/** Options for a broker without outages: on a busy machine a request may take seconds, and a timeout would fail its test. */
public final class PatientOptions {
    public static final Duration TIMEOUT = Duration.ofSeconds(20);

    private PatientOptions() {}

    public static BrokerOptions of(String nodeId) {
        return BrokerOptions.of(nodeId).timeout(TIMEOUT).startTimeout(Patience.LIMIT);
    }
}
