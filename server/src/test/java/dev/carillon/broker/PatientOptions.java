package dev.carillon.broker;

import dev.carillon.testkit.Patience;
import java.time.Duration;

/**
 * Options of a broker that is there all the time: on a busy machine a question may take seconds, and one that takes too long ends what
 * asked it.
 */
public final class PatientOptions {
    public static final Duration TIMEOUT = Duration.ofSeconds(20);

    private PatientOptions() {}

    public static BrokerOptions of(String nodeId) {
        return BrokerOptions.of(nodeId).timeout(TIMEOUT).startTimeout(Patience.LIMIT);
    }
}
