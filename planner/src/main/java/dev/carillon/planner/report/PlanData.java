package dev.carillon.planner.report;

import dev.carillon.planner.NodeLoad;
import dev.carillon.planner.Plan;
import dev.carillon.planner.calibration.Figure;
import dev.carillon.planner.simulation.SimulationResult;
import dev.carillon.planner.workload.Flow;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** Plans and simulated runs as maps, for JSON. Units are the last part of each name. */
public final class PlanData {
    private PlanData() {}

    public static Map<String, Object> of(Plan plan) {
        Map<String, Object> data = new LinkedHashMap<>();
        data.put("nodes", plan.nodes());
        data.put("spare", plan.setup().spare());
        data.put("machine", plan.setup().machine().text());
        data.put("limiting", key(plan.limiting()));
        Map<String, Object> used = new LinkedHashMap<>();
        new EnumMap<>(plan.used()).forEach((limit, share) -> used.put(key(limit), share));
        data.put("used", used);
        data.put("workload", workload(plan));
        data.put("node", node(plan.normal()));
        data.put("nodeWithSpareFailed", node(plan.worst()));
        data.put(
                "failure",
                map(
                        "survivors", plan.failure().survivors(),
                        "clients", plan.failure().clients(),
                        "reconnectsPerSecondAndNode", plan.failure().reconnectsPerSecond(),
                        "utilisationDuring", plan.failure().during(),
                        "utilisationAfter", plan.failure().after(),
                        "untilBackSeconds", finite(plan.failure().secondsUntilBack())));
        data.put(
                "broker",
                map(
                        "kind", key(plan.broker().kind()),
                        "servers", plan.broker().servers(),
                        "utilisation", plan.broker().utilisation(),
                        "memoryBytes", plan.broker().memoryBytes(),
                        "outBitsPerSecond", plan.broker().bitsOut()));
        data.put(
                "proxies",
                map(
                        "kind", key(plan.proxies().kind()),
                        "machines", plan.proxies().machines(),
                        "because", plan.proxies().because(),
                        "processors", plan.proxies().processors()));
        data.put("network", map("outBitsPerSecond", plan.bitsOut()));
        data.put(
                "costPerMonth",
                map(
                        "currency", plan.cost().currency(),
                        "nodes", plan.cost().nodes(),
                        "proxies", plan.cost().proxies(),
                        "broker", plan.cost().broker(),
                        "traffic", plan.cost().traffic(),
                        "total", plan.cost().total()));
        data.put(
                "confidence",
                map(
                        "grade", plan.confidence().grade(),
                        "lowestNodes", plan.confidence().lowest(),
                        "highestNodes", plan.confidence().highest(),
                        "measured", plan.confidence().measured(),
                        "derived", plan.confidence().derived()));
        Plan.Next next = plan.next();
        if (next != null) {
            data.put("nextStep", map("connections", next.connections(), "limiting", key(next.limiting())));
        }
        data.put(
                "alternatives",
                plan.alternatives().stream()
                        .map(one -> map(
                                "machine", one.machine().name(),
                                "nodes", one.nodes(),
                                "costPerMonth", one.cost().total(),
                                "limiting", key(one.limiting())))
                        .toList());
        data.put(
                "calibration",
                map(
                        "name", plan.calibration().name(),
                        "figures",
                                plan.calibration().figures().stream()
                                        .map(PlanData::figure)
                                        .toList()));
        return data;
    }

    public static Map<String, Object> of(SimulationResult result) {
        return map(
                "scenario", result.scenario().key(),
                "seed", result.seed(),
                "seconds", result.seconds(),
                "events", result.events(),
                "worstP99Seconds", result.worstP99(),
                "busiestNode", result.peak(),
                "mostWaiting", result.mostWaiting(),
                "untilBackSeconds", finite(result.secondsUntilBack()),
                "refusedConnects", result.refused(),
                "fullestNode", result.largestShare(),
                "samples",
                        result.samples().stream()
                                .map(sample -> map(
                                        "atSeconds", sample.at(),
                                        "waiting", sample.waiting(),
                                        "p99Seconds", finite(sample.p99Seconds()),
                                        "busiest", sample.busiest(),
                                        "mean", sample.mean()))
                                .toList());
    }

    private static Map<String, Object> workload(Plan plan) {
        List<Map<String, Object>> flows = plan.workload().flows().stream()
                .map((Flow flow) -> map(
                        "scope", key(flow.kind()),
                        "connections", flow.audience(),
                        "broadcastsPerSecond", flow.broadcasts()))
                .toList();
        return map(
                "connections", plan.workload().connections(),
                "webSocketShare", plan.workload().webSocketShare(),
                "payloadBytes", plan.workload().payloadBytes(),
                "deliveriesPerSecond", plan.workload().deliveries(),
                "flows", flows);
    }

    private static Map<String, Object> node(NodeLoad load) {
        return map(
                "connections", load.connections(),
                "eventsPerSecond", load.events(),
                "deliveriesPerSecond", load.deliveries(),
                "eventsPerWrite", load.batch(),
                "processors", load.processor().total(),
                "utilisation", load.utilisation(),
                "microsPerDelivery", load.microsPerDelivery(),
                "memoryBytes", load.memoryBytes(),
                "heapBytes", load.heapBytes(),
                "outBitsPerSecond", load.bitsOut(),
                "inBitsPerSecond", load.bitsIn(),
                "p99Seconds", load.p99Seconds());
    }

    private static Map<String, Object> figure(Figure figure) {
        return map(
                "name", figure.cost().key(),
                "value", figure.value(),
                "lowest", figure.low(),
                "highest", figure.high(),
                "origin", key(figure.origin()),
                "date", figure.date(),
                "source", figure.source());
    }

    private static String key(Enum<?> value) {
        return value.name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    /** JSON has no infinity; −1 stands for never, and for not measurable. */
    private static double finite(double value) {
        return Double.isFinite(value) ? value : -1;
    }

    private static Map<String, Object> map(Object... pairs) {
        Map<String, Object> map = new LinkedHashMap<>();
        for (int i = 0; i < pairs.length; i += 2) {
            map.put((String) pairs[i], pairs[i + 1]);
        }
        return map;
    }
}
