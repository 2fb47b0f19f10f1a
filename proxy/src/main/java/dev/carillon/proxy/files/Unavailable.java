package dev.carillon.proxy.files;

/** Answers of a proxy that has no node: a delay for a stream, a problem (RFC 9457) otherwise. */
final class Unavailable {
    static final String PROBLEM =
            "{\"type\":\"about:blank\",\"title\":\"Service Unavailable\",\"status\":503,\"code\":\"no-node\",\"detail\":\"no node is available\"}";

    static final String FAILED =
            "{\"type\":\"about:blank\",\"title\":\"Bad Gateway\",\"status\":502,\"code\":\"node-failed\",\"detail\":\"the node failed before it answered\"}";

    /** Number of different delays of proxies that have no random numbers; they cover 1 to 3 s. */
    static final int STEPS = 16;

    private Unavailable() {}

    /** The delay of a step, in milliseconds. */
    static int retryMillis(int step) {
        return 1_000 + step * 2_000 / STEPS;
    }
}
