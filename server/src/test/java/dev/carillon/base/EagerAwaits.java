package dev.carillon.base;

import java.time.Duration;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * Has every await of the tests look at once, soon again, and then ever less often, to every {@value #MAX_MILLIS} ms: most conditions
 * hold within a few milliseconds, and Awaitility by itself looks after its first tenth of a second.
 */
public final class EagerAwaits implements BeforeAllCallback {
    private static final long MIN_MILLIS = 5;
    private static final long MAX_MILLIS = 100;

    @Override
    public void beforeAll(ExtensionContext context) {
        Awaitility.setDefaultPollInterval((count, before) ->
                Duration.ofMillis(before.isZero() ? MIN_MILLIS : Math.min(MAX_MILLIS, before.toMillis() * 3 / 2 + 1)));
    }
}
