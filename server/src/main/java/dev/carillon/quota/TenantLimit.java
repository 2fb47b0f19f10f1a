package dev.carillon.quota;

import dev.carillon.base.ConfigException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The limits of one tenant in the whole cluster; 0: none.
 *
 * @param connections open at a time
 * @param events broadcast per second
 * @param bytes of data broadcast per second
 */
public record TenantLimit(long connections, long events, long bytes) {
    private static final Pattern ROW = Pattern.compile("([^=]{1,64})=(\\d{1,9})/(\\d{1,9})/(\\d{1,9})([km]?)");
    private static final int KILO = 1_000;

    /** The row of a tenant in the setting {@code tenant-limits}. */
    record Row(String tenant, TenantLimit limit) {
        /** @param text such as {@code acme=10000/500/1m}: connections, events and bytes per second */
        static Row parse(String text) {
            Matcher matcher = ROW.matcher(text);
            if (!matcher.matches()) {
                throw new ConfigException(
                        "tenant-limits",
                        text,
                        "must be TENANT=CONNECTIONS/EVENTS/BYTES, such as acme=10000/500/1m; 0: no limit");
            }
            long unit = switch (matcher.group(5)) {
                case "k" -> KILO;
                case "m" -> KILO * KILO;
                default -> 1;
            };
            return new Row(
                    matcher.group(1),
                    new TenantLimit(
                            Long.parseLong(matcher.group(2)),
                            Long.parseLong(matcher.group(3)),
                            Long.parseLong(matcher.group(4)) * unit));
        }
    }

    boolean isNone() {
        return connections == 0 && events == 0 && bytes == 0;
    }

    long of(Use use) {
        return switch (use) {
            case CONNECTIONS -> connections;
            case EVENTS -> events;
            case BYTES -> bytes;
        };
    }
}
