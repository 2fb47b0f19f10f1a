package dev.carillon.quota;

import dev.carillon.base.ConfigException;
import dev.carillon.scope.Tenant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** The limits of all tenants: rows for some, and a default for the others. Immutable. */
public final class TenantLimitTable {
    private static final int MAX_ROWS = 100;

    /** Label of tenants without a row. */
    static final String OTHER = "other";

    private final TenantLimit others;
    private final Map<String, TenantLimit> rows;

    private TenantLimitTable(TenantLimit others, Map<String, TenantLimit> rows) {
        this.others = others;
        this.rows = rows;
    }

    /**
     * Creates a table.
     *
     * @param others limits of tenants without a row
     * @param rows of the setting {@code tenant-limits}, at most {@value #MAX_ROWS}
     */
    public static TenantLimitTable of(TenantLimit others, List<String> rows) {
        if (rows.size() > MAX_ROWS) {
            throw new ConfigException("tenant-limits", rows.size() + " rows", "must be at most " + MAX_ROWS);
        }
        Map<String, TenantLimit> table = new HashMap<>();
        for (String text : rows) {
            TenantLimit.Row row = TenantLimit.Row.parse(text);
            if (table.put(row.tenant(), row.limit()) != null) {
                throw new ConfigException("tenant-limits", text, "must have one row for each tenant");
            }
        }
        return new TenantLimitTable(others, Map.copyOf(table));
    }

    /** No tenant has limits. */
    public static TenantLimitTable none() {
        return of(new TenantLimit(0, 0, 0), List.of());
    }

    TenantLimit limit(Tenant tenant) {
        return rows.getOrDefault(tenant.name(), others);
    }

    /** Label of the tenant in metrics, of which there are as many as rows. */
    String label(Tenant tenant) {
        return rows.containsKey(tenant.name()) ? tenant.name() : OTHER;
    }

    boolean isEmpty() {
        return others.isNone() && rows.isEmpty();
    }
}
