package dev.carillon.testkit;

import java.time.Duration;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * Defaults of every await in tests: it fails after {@link Patience#LIMIT}, polls immediately, and then at growing intervals of up to {@value
 * #MAX_MILLIS} ms. Most conditions hold within a few milliseconds, and Awaitility's default is to poll first after 100 ms.
 */
public final class AwaitDefaults implements BeforeAllCallback {
    private static final long MIN_MILLIS = 5;
    private static final long MAX_MILLIS = 100;

    @Override
    public void beforeAll(ExtensionContext context) {
        Awaitility.setDefaultTimeout(Patience.LIMIT);
        Awaitility.setDefaultPollInterval((count, before) ->
                Duration.ofMillis(before.isZero() ? MIN_MILLIS : Math.min(MAX_MILLIS, before.toMillis() * 3 / 2 + 1)));
    }
}
