package dev.carillon.node;

import dev.carillon.base.ConfigException;
import java.time.Duration;

/**
 * How a node leaves in order.
 *
 * @param notice how long it goes on taking clients after its health has said {@code draining}, so that proxies can notice
 * @param timeout how long it may take in all, at least the notice and at most an hour; the streams end spread over what the notice leaves
 */
record DrainConfig(Duration notice, Duration timeout) {
    static final Duration TIMEOUT_MAX = Duration.ofHours(1);

    DrainConfig {
        if (notice.isNegative() || timeout.compareTo(TIMEOUT_MAX) > 0) {
            throw new ConfigException("drain-timeout", timeout, "must be between 0 and " + TIMEOUT_MAX);
        }
        if (notice.compareTo(timeout) > 0) {
            throw new ConfigException(
                    "drain-notice",
                    notice.toMillis() + "ms",
                    "must not be longer than drain-timeout, which it is a part of");
        }
    }
}
