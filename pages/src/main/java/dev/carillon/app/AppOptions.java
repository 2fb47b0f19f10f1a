package dev.carillon.app;

import dev.carillon.base.ConfigException;
import dev.carillon.page.signal.SharedBounds;
import java.time.Duration;
import java.util.List;

/**
 * Options of an application.
 *
 * @param basePath prefix of all paths, such as {@code /shop}; empty: none
 * @param trustedOrigins origins whose pages may run actions, besides this site, such as {@code https://www.example.com}. If there are any, actions
 *     without the header {@code Origin} are refused
 * @param actionTimeout time limit of an action, 100 ms to 4 s
 * @param actionsPerSecond actions that one session may run per second on average, 1 to 1,000; twice as many at once
 * @param sharedSignalBytes maximum size of a shared signal in bytes, 1 to 65,024
 * @param sharedTotalBytes maximum size of all shared signals of a tenant in bytes
 * @param redirectOrigins origins of other sites to which pages may lead the browser, such as {@code https://login.example.com}
 */
public record AppOptions(
        String basePath,
        List<String> trustedOrigins,
        Duration actionTimeout,
        int actionsPerSecond,
        int sharedSignalBytes,
        long sharedTotalBytes,
        List<String> redirectOrigins) {
    /** Maximum number of shared signals of a tenant. */
    public static final int MAX_SHARED_SIGNALS = SharedBounds.MAX_SIGNALS;

    /** Within the time limit of a call between nodes. */
    private static final Duration ACTION_TIMEOUT_MAX = Duration.ofSeconds(4);

    private static final Duration ACTION_TIMEOUT_MIN = Duration.ofMillis(100);
    private static final int ACTIONS_MAX = 1_000;
    private static final int SHARED_BYTES_MAX = 65_024;

    public AppOptions {
        if (!basePath.matches("(/[A-Za-z0-9._~-]+)*")) {
            throw new ConfigException(
                    "basePath", basePath, "must be empty or a path such as /shop, without a slash at the end");
        }
        trustedOrigins = origins("trustedOrigins", trustedOrigins);
        redirectOrigins = origins("redirectOrigins", redirectOrigins);
        if (actionTimeout.compareTo(ACTION_TIMEOUT_MIN) < 0 || actionTimeout.compareTo(ACTION_TIMEOUT_MAX) > 0) {
            throw new ConfigException("actionTimeout", actionTimeout, "must be from 100 ms to 4 s");
        }
        if (actionsPerSecond < 1 || actionsPerSecond > ACTIONS_MAX) {
            throw new ConfigException("actionsPerSecond", actionsPerSecond, "must be from 1 to " + ACTIONS_MAX);
        }
        if (sharedSignalBytes < 1 || sharedSignalBytes > SHARED_BYTES_MAX) {
            throw new ConfigException("sharedSignalBytes", sharedSignalBytes, "must be from 1 to " + SHARED_BYTES_MAX);
        }
        if (sharedTotalBytes < sharedSignalBytes) {
            throw new ConfigException(
                    "sharedTotalBytes", sharedTotalBytes, "must be at least sharedSignalBytes, " + sharedSignalBytes);
        }
    }

    private static List<String> origins(String key, List<String> origins) {
        for (String origin : origins) {
            if (!origin.matches("https?://[a-z0-9.:\\[\\]_-]+")) {
                throw new ConfigException(
                        key,
                        origin,
                        "must be an origin such as https://www.example.com, in lower case and without a path");
            }
        }
        return List.copyOf(origins);
    }

    /** No base path and no other origins; 4 s and 20 per second for actions; 16 KiB per shared signal and 32 MiB for all. */
    public static AppOptions defaults() {
        return new AppOptions("", List.of(), ACTION_TIMEOUT_MAX, 20, 16 * 1024, 32L * 1024 * 1024, List.of());
    }

    public AppOptions basePath(String value) {
        return new AppOptions(
                value,
                trustedOrigins,
                actionTimeout,
                actionsPerSecond,
                sharedSignalBytes,
                sharedTotalBytes,
                redirectOrigins);
    }

    public AppOptions trustedOrigins(String... values) {
        return new AppOptions(
                basePath,
                List.of(values),
                actionTimeout,
                actionsPerSecond,
                sharedSignalBytes,
                sharedTotalBytes,
                redirectOrigins);
    }

    public AppOptions actionTimeout(Duration value) {
        return new AppOptions(
                basePath,
                trustedOrigins,
                value,
                actionsPerSecond,
                sharedSignalBytes,
                sharedTotalBytes,
                redirectOrigins);
    }

    public AppOptions actionsPerSecond(int value) {
        return new AppOptions(
                basePath, trustedOrigins, actionTimeout, value, sharedSignalBytes, sharedTotalBytes, redirectOrigins);
    }

    public AppOptions sharedBytes(int perSignal, long total) {
        return new AppOptions(
                basePath, trustedOrigins, actionTimeout, actionsPerSecond, perSignal, total, redirectOrigins);
    }

    public AppOptions redirectOrigins(String... values) {
        return new AppOptions(
                basePath,
                trustedOrigins,
                actionTimeout,
                actionsPerSecond,
                sharedSignalBytes,
                sharedTotalBytes,
                List.of(values));
    }
}
