package dev.carillon.planner;

import dev.carillon.planner.calibration.Calibration;
import dev.carillon.planner.workload.Machine;
import dev.carillon.planner.workload.ScopeMix;
import dev.carillon.planner.workload.Setup;
import dev.carillon.planner.workload.Setup.BrokerKind;
import dev.carillon.planner.workload.Setup.ProxyKind;
import dev.carillon.planner.workload.Setup.Transport;
import dev.carillon.planner.workload.Workload;

/** Workloads and set-ups for tests. */
public final class Plans {
    public static final Planner PLANNER = new Planner(Calibration.shipped(), Prices.none());

    private Plans() {}

    /** Each connection receives {@code rate} events a second, of 400 B, by event stream. */
    public static Workload workload(double connections, double rate, String mix) {
        return new Workload(
                connections, 0, 400, ScopeMix.parse(mix, connections, 1, 1).flows(connections, rate, null), false);
    }

    /** With a p99 of 250 ms, TLS and HAProxy. */
    public static Setup setup(String machine, int spare) {
        return new Setup(
                Machine.parse("machine", machine),
                0.25,
                spare,
                Transport.TLS_AT_PROXY,
                BrokerKind.AUTO,
                ProxyKind.HAPROXY,
                5,
                0.6,
                0.0005);
    }
}
