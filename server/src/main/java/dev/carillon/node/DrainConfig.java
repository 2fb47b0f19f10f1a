package dev.carillon.node;

import dev.carillon.base.ConfigException;
import java.time.Duration;

/**
 * Durations of a drain.
 *
 * @param notice how long a stopping node keeps accepting clients, so that proxies can notice the drain
 * @param timeout total time, at least the notice and at most an hour; streams end spread over the time after the notice
 * @param clientsPerSecond that each other node takes; 0: streams end spread over all of the time
 */
record DrainConfig(Duration notice, Duration timeout, int clientsPerSecond) {
    static final Duration TIMEOUT_MAX = Duration.ofHours(1);

    DrainConfig {
        if (notice.isNegative() || timeout.compareTo(TIMEOUT_MAX) > 0) {
            throw new ConfigException("drain-timeout", timeout, "must be between 0 and " + TIMEOUT_MAX);
        }
        if (notice.compareTo(timeout) > 0) {
            throw new ConfigException(
                    "drain-notice",
                    notice.toMillis() + "ms",
                    "must not be longer than drain-timeout, which includes it");
        }
    }
}
