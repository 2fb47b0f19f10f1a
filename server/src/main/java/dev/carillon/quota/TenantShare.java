package dev.carillon.quota;

import dev.carillon.scope.Tenant;
import java.util.concurrent.TimeUnit;

/** The use of one tenant on this node, and its share of each limit. Thread-safe. */
final class TenantShare {
    private static final double NANOS = TimeUnit.SECONDS.toNanos(1);
    /** Demand below which a tenant counts as idle. */
    private static final double IDLE = 0.01;

    private static final double EPSILON = 1e-3;

    final TenantLimit limit;
    // Below: guarded by this. By the index of Use.
    private final double[] held = new double[Use.values().length];
    private final double[] demand = new double[Use.values().length];
    private final double[] offered = new double[Use.values().length];
    private final double[] tokens = new double[Use.values().length];
    private int connections;
    private long filledNanos;

    TenantShare(TenantLimit limit, double[] first, long nowNanos) {
        this.limit = limit;
        System.arraycopy(first, 0, held, 0, held.length);
        System.arraycopy(first, 0, tokens, 0, tokens.length);
        this.filledNanos = nowNanos;
    }

    /** Returns whether one more connection is within the share; then it is counted. */
    synchronized boolean open() {
        int i = Use.CONNECTIONS.index();
        offered[i]++;
        if (limit.connections() > 0 && connections + 1 > held[i] + EPSILON) {
            return false;
        }
        connections++;
        return true;
    }

    synchronized void close() {
        connections--;
    }

    /** Returns whether there are tokens for a broadcast of some bytes; then they are taken. */
    synchronized boolean broadcast(Use use, double amount, long nowNanos) {
        fill(nowNanos);
        offered[use.index()] += amount;
        return limit.of(use) == 0 || tokens[use.index()] > 0;
    }

    /** Takes the tokens of a broadcast. A large event may take more than there are; later ones then wait. */
    synchronized void take(int bytes) {
        tokens[Use.EVENTS.index()]--;
        tokens[Use.BYTES.index()] -= bytes;
    }

    /** A bucket holds what the share allows in one second, so that a window has at most one second more. */
    private void fill(long nowNanos) {
        double seconds = (nowNanos - filledNanos) / NANOS;
        filledNanos = nowNanos;
        for (Use use : new Use[] {Use.EVENTS, Use.BYTES}) {
            int i = use.index();
            tokens[i] = Math.min(Math.max(1, held[i]), tokens[i] + held[i] * seconds);
        }
    }

    /** Averages the demand of the last interval. Refused use counts, too. */
    synchronized void measure(double seconds) {
        for (Use use : Use.values()) {
            int i = use.index();
            double now = use == Use.CONNECTIONS ? connections + offered[i] : offered[i] / seconds;
            demand[i] = (demand[i] + now) / 2;
            offered[i] = 0;
        }
        demand[0] = Math.max(demand[0], connections);
    }

    synchronized boolean isIdle() {
        return connections == 0 && demand[0] < IDLE && demand[1] < IDLE && demand[2] < IDLE;
    }

    /** A copy of what other nodes may know. Open connections are held in any case. */
    synchronized NodeUse.Tenant published() {
        double[] shares = held.clone();
        shares[0] = Math.max(shares[0], connections);
        return new NodeUse.Tenant(shares, demand.clone());
    }

    synchronized TenantUse use(Tenant tenant) {
        return new TenantUse(tenant, limit, connections, demand[Use.EVENTS.index()], demand[Use.BYTES.index()]);
    }

    synchronized void hold(Use use, double share, long nowNanos) {
        fill(nowNanos);
        held[use.index()] = share;
    }
}
