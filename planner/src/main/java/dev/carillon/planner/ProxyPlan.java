package dev.carillon.planner;

import dev.carillon.planner.base.Amount;
import dev.carillon.planner.calibration.Calibration;
import dev.carillon.planner.calibration.Cost;
import dev.carillon.planner.workload.Setup;
import dev.carillon.planner.workload.Setup.ProxyKind;
import dev.carillon.planner.workload.Setup.Transport;
import dev.carillon.planner.workload.Workload;
import java.util.Locale;

/**
 * Proxies in front of the nodes, on machines like theirs.
 *
 * @param machines number of them; 0 without a proxy
 * @param because what decides their number
 * @param processors that all of them use
 */
public record ProxyPlan(ProxyKind kind, int machines, String because, double processors) {
    private static final double USABLE_MEMORY = 0.8;
    private static final double USABLE_NETWORK = 0.7;
    private static final double DESCRIPTORS_PER_STREAM = 2;
    private static final double DESCRIPTORS = 1_000_000;

    /** @param load of a node when the spare ones have failed */
    static ProxyPlan of(Calibration calibration, Workload workload, Setup setup, NodeLoad load) {
        if (setup.proxy() == ProxyKind.NONE) {
            return new ProxyPlan(ProxyKind.NONE, 0, "not planned", 0);
        }
        ConnectionCosts costs = ConnectionCosts.of(calibration, workload, setup);
        double connections = workload.connections();
        int alive = load.nodes();
        // Of one failed node, all of whose clients come back through the proxies.
        double connects = connections / (alive + setup.spare()) / setup.reconnectSeconds();
        double tls = setup.transport() == Transport.TLS_AT_PROXY ? calibration.micros(Cost.PROXY_TLS_CONNECT) : 0;
        double processors = workload.deliveries() * micros(calibration, setup.proxy(), "DELIVERY") / load.batch()
                + connects * (micros(calibration, setup.proxy(), "CONNECT") + tls);
        double[] needs = {
            processors / (setup.machine().cores() * setup.utilisation()),
            connections / (alive * calibration.value(Cost.PROXY_PORTS)),
            connections
                    * (figure(calibration, setup.proxy(), "MEMORY") + 2 * calibration.value(Cost.KERNEL))
                    / (setup.machine().bytes() * USABLE_MEMORY),
            workload.deliveries()
                    * costs.wireBytes(load.batch())
                    * 8
                    / (setup.machine().gigabits() * 1e9 * USABLE_NETWORK),
            connections * DESCRIPTORS_PER_STREAM / DESCRIPTORS
        };
        String[] names = {
            "processor time",
            "ports: " + Amount.text(calibration.value(Cost.PROXY_PORTS)) + " connections to each node",
            "memory",
            "network bandwidth",
            "file descriptors"
        };
        int machines = 1;
        String because = "one suffices";
        for (int i = 0; i < needs.length; i++) {
            if (Math.ceil(needs[i]) > machines) {
                machines = (int) Math.ceil(needs[i]);
                because = names[i];
            }
        }
        if (setup.spare() > 0) {
            machines++;
            because += ", and one spare";
        }
        return new ProxyPlan(setup.proxy(), machines, because, processors);
    }

    private static double micros(Calibration calibration, ProxyKind kind, String what) {
        return figure(calibration, kind, what) / 1e6;
    }

    private static double figure(Calibration calibration, ProxyKind kind, String what) {
        return calibration.value(Cost.valueOf(kind.name() + "_" + what));
    }

    public String name() {
        return switch (kind) {
            case NONE -> "none";
            case HAPROXY -> "HAProxy";
            case CADDY, NGINX -> kind.name().toLowerCase(Locale.ROOT);
        };
    }
}
