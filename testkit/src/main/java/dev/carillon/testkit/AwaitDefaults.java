package dev.carillon.testkit;

import java.time.Duration;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * Every await of the tests fails after {@link Patience#LIMIT}, and polls at once, soon again, and then ever less often, up to every
 * {@value #MAX_MILLIS} ms: most conditions hold within a few milliseconds, and Awaitility by itself waits a tenth of a second first.
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
