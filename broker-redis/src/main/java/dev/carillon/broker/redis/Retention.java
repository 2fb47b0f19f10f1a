package dev.carillon.broker.redis;

import dev.carillon.broker.BrokerOptions;
import dev.carillon.scope.Tenant;
import java.time.Duration;

/**
 * What the log keeps, for the scripts. Short ages and counts are lengthened: what a node has missed is read from the log, also
 * of scopes that keep no history for their readers.
 *
 * @param ageMillis how long events are kept; keys expire after twice as long
 * @param idMillis how long broadcasts are recognised as repetitions
 * @param scopeEvents how many events of one scope
 * @param options says how many of all
 */
record Retention(long ageMillis, long idMillis, int scopeEvents, BrokerOptions options) {
    private static final Duration LEAST_AGE = Duration.ofSeconds(1);
    private static final int LEAST_EVENTS = 1_000;

    static Retention of(BrokerOptions options) {
        long age = Math.max(options.policies().longestAge().toMillis(), LEAST_AGE.toMillis());
        long ids = BrokerOptions.ID_WINDOW.plusMinutes(1).toMillis();
        return new Retention(age, ids, Math.max(options.policies().mostEvents(), LEAST_EVENTS), options);
    }

    int logEvents(Tenant tenant) {
        return options.maxLogEvents(tenant);
    }
}
