package dev.carillon.broker.redis.script;

import dev.carillon.broker.BrokerOptions;
import dev.carillon.scope.Tenant;
import java.time.Duration;

/**
 * Retention of the log, for the scripts. Short ages and small counts are raised: missed events are read from the log, also of scopes
 * without history for readers.
 *
 * @param ageMillis age up to which events are retained; keys expire after twice that time
 * @param idMillis time for which repeated broadcasts are recognised
 * @param scopeEvents maximum number of events of one scope
 * @param options options with the maximum number of events of a tenant
 */
public record Retention(long ageMillis, long idMillis, int scopeEvents, BrokerOptions options) {
    private static final Duration MIN_AGE = Duration.ofSeconds(1);
    private static final int MIN_EVENTS = 1_000;

    public static Retention of(BrokerOptions options) {
        long age = Math.max(options.policies().longestAge().toMillis(), MIN_AGE.toMillis());
        long ids = BrokerOptions.ID_WINDOW.plusMinutes(1).toMillis();
        return new Retention(age, ids, Math.max(options.policies().mostEvents(), MIN_EVENTS), options);
    }

    public int logEvents(Tenant tenant) {
        return options.maxLogEvents(tenant);
    }
}
