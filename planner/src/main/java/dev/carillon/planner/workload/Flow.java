package dev.carillon.planner.workload;

import dev.carillon.planner.base.Amount;
import java.util.Locale;

/**
 * Events of one kind of scope.
 *
 * @param audience connections in one such scope
 * @param broadcasts events per second that are broadcast to all such scopes together
 */
public record Flow(ScopeKind kind, double audience, double broadcasts) {
    /** Deliveries per second to all connections. */
    public double deliveries() {
        return audience * broadcasts;
    }

    /** How many such scopes there are. */
    public double scopes(double connections) {
        return Math.max(1, connections / audience);
    }

    /** As in {@code topic of 1,000}. */
    public String text() {
        return kind.name().toLowerCase(Locale.ROOT)
                + (kind == ScopeKind.GLOBAL || kind == ScopeKind.TAB ? "" : " of " + Amount.text(audience));
    }
}
