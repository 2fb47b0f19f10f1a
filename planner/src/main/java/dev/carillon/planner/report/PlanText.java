package dev.carillon.planner.report;

import dev.carillon.planner.Confidence;
import dev.carillon.planner.Confidence.Influence;
import dev.carillon.planner.FailurePlan;
import dev.carillon.planner.NodeLoad;
import dev.carillon.planner.Plan;
import dev.carillon.planner.ProxyPlan;
import dev.carillon.planner.base.Amount;
import dev.carillon.planner.workload.Setup.BrokerKind;
import dev.carillon.planner.workload.Setup.ProxyKind;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/** A plan for people: how many nodes, why, what they cost, and how sure that is. */
public final class PlanText {
    private static final double MEBI = 1024.0 * 1024;
    private static final int ALTERNATIVES = 5;
    private static final int WIDTH = 100;
    private static final int INDENT = 18;

    private final Plan plan;

    public PlanText(Plan plan) {
        this.plan = plan;
    }

    /** A name and what there is to say. */
    public record Line(String name, String text) {}

    /** The answer in one line. */
    public String headline() {
        String spare = plan.setup().spare() == 0 ? "" : ", " + plan.setup().spare() + " of them spare";
        return nodes(plan.nodes()) + " of " + plan.setup().machine().text() + spare;
    }

    /** What was asked, in one line. */
    public String question() {
        return Amount.text(plan.workload().connections()) + " connections that receive "
                + Amount.text(plan.workload().perConnection()) + " events a second each, "
                + Amount.text(plan.workload().payloadBytes()) + " B of data, p99 within "
                + Amount.millis(plan.setup().p99Seconds())
                + "; " + Amount.text(plan.workload().broadcasts()) + " broadcasts a second to "
                + plan.workload().flows().stream()
                        .map(flow -> flow.text() + " (" + Amount.text(flow.broadcasts()) + "/s)")
                        .collect(Collectors.joining(", "));
    }

    /** All of it. */
    public String text() {
        StringBuilder text = new StringBuilder();
        wrap(text, "", question());
        text.append('\n').append(headline()).append("\n\n");
        lines().forEach(line -> wrap(text, line.name(), line.text()));
        if (!plan.alternatives().isEmpty()) {
            text.append("\nother machines, the cheapest first\n");
            alternatives().forEach(line -> text.append("  ").append(line).append('\n'));
        }
        return text.toString();
    }

    /** A name, and its text beside it in lines that fit a terminal. */
    static void wrap(StringBuilder text, String name, String value) {
        int indent = name.isEmpty() ? 0 : INDENT;
        StringBuilder line = new StringBuilder(name).append(" ".repeat(Math.max(0, indent - name.length())));
        int words = 0;
        for (String word : value.split(" ", -1)) {
            if (words > 0 && line.length() + 1 + word.length() > WIDTH) {
                text.append(line).append('\n');
                line = new StringBuilder(" ".repeat(indent));
                words = 0;
            }
            line.append(words++ == 0 ? "" : " ").append(word);
        }
        text.append(line).append('\n');
    }

    /** The facts of the first screen. */
    public List<Line> lines() {
        List<Line> lines = new ArrayList<>();
        lines.add(new Line("why", why()));
        lines.add(new Line("cost", cost()));
        lines.add(new Line("how sure", sure()));
        lines.add(new Line(
                "delivery",
                "p99 " + Amount.millis(plan.normal().p99Seconds())
                        + (plan.setup().spare() == 0
                                ? ""
                                : "; " + Amount.millis(plan.worst().p99Seconds()) + " with the spare failed")
                        + "; " + Amount.text(plan.normal().microsPerDelivery()) + " us of processor time each"));
        lines.add(new Line("each node", node(plan.normal())));
        lines.add(new Line("a failure", failure(plan.failure())));
        lines.add(new Line("broker", broker()));
        lines.add(new Line("proxies", proxies(plan.proxies())));
        lines.add(new Line("network", Amount.bits(plan.bitsOut()) + " to clients"));
        Plan.Next next = plan.next();
        if (next != null) {
            lines.add(new Line(
                    "next step",
                    "from " + Amount.text(next.connections()) + " connections on one node more: "
                            + next.limiting().text()));
        }
        lines.add(new Line("figures", plan.calibration().name()));
        return lines;
    }

    private String why() {
        String used = plan.limiting().text() + ": " + Amount.percent(plan.used().getOrDefault(plan.limiting(), 0.0))
                + " of what the plan may use" + (plan.setup().spare() == 0 ? "" : " with the spare failed");
        return plan.oneLess() == 0
                ? "one working node suffices; first used up is " + used
                : used + "; " + Amount.percent(plan.oneLess()) + " with one node less";
    }

    private String cost() {
        if (plan.setup().machine().pricePerHour() == 0) {
            return "no price given: --machine " + plan.setup().machine().text() + "@PRICE_PER_HOUR, or --prices FILE";
        }
        String traffic = plan.cost().traffic() == 0
                ? ""
                : ", traffic " + Amount.text(Math.rint(plan.cost().traffic()));
        return plan.cost().text() + " a month: nodes "
                + Amount.text(Math.rint(plan.cost().nodes())) + ", proxies "
                + Amount.text(Math.rint(plan.cost().proxies())) + ", broker "
                + Amount.text(Math.rint(plan.cost().broker())) + traffic;
    }

    private String sure() {
        Confidence confidence = plan.confidence();
        String range = confidence.lowest() == confidence.highest()
                ? "the spread of the figures does not change the number"
                : confidence.lowest() + " to " + confidence.highest() + " nodes by the spread of the figures";
        boolean moves = confidence.lowest() != confidence.highest();
        String most = confidence.influences().stream()
                .limit(2)
                .filter(influence -> moves && influence.more() - influence.fewer() >= 0.05)
                .map(PlanText::influence)
                .collect(Collectors.joining(", "));
        return confidence.grade() + ": " + range + (most.isEmpty() ? "" : ", most by " + most) + "; "
                + Amount.percent(confidence.measured()) + " of the processor time measured, "
                + Amount.percent(confidence.derived())
                + " derived";
    }

    static String influence(Influence influence) {
        return influence.figure().cost().key()
                + String.format(Locale.ROOT, " (%+.1f to %+.1f)", influence.fewer(), influence.more());
    }

    private String node(NodeLoad load) {
        return Amount.text(load.connections()) + " connections, " + Amount.text(load.deliveries())
                + " deliveries/s, processors "
                + Amount.percent(load.utilisation()) + " busy, " + Amount.size(load.memoryBytes()) + " of memory (-Xmx"
                + xmx(plan.worst()) + "m), " + Amount.bits(load.bitsOut()) + " out, " + Amount.bits(load.bitsIn())
                + " in";
    }

    static long xmx(NodeLoad load) {
        return (long) Math.ceil(load.heapBytes() / MEBI);
    }

    private static String failure(FailurePlan failure) {
        if (failure.survivors() == 0) {
            return "all " + Amount.text(failure.clients())
                    + " clients are without a stream until a new node has started";
        }
        String clients = Amount.text(failure.clients()) + " clients reconnect to " + nodes(failure.survivors());
        if (Double.isInfinite(failure.secondsUntilBack())) {
            return clients + ", which cannot carry the load: " + Amount.percent(failure.after())
                    + " of their processors would be needed. Plan with --spare 1";
        }
        return clients + " in " + Amount.text(failure.secondsUntilBack()) + " s; their processors are "
                + Amount.percent(failure.during()) + " busy meanwhile, " + Amount.percent(failure.after()) + " after";
    }

    private String broker() {
        if (plan.broker().kind() == BrokerKind.MEMORY) {
            return "in memory of the only node: its log ends with it";
        }
        return plan.broker().name() + ", one server, "
                + Amount.percent(plan.broker().utilisation())
                + " of its capacity, " + Amount.size(plan.broker().memoryBytes()) + " for a full log, "
                + Amount.bits(plan.broker().bitsOut()) + " to the nodes";
    }

    private static String proxies(ProxyPlan proxies) {
        return proxies.kind() == ProxyKind.NONE
                ? "none planned"
                : proxies.machines() + " with " + proxies.name() + ", on the same machines: " + proxies.because();
    }

    /** Other machines with their numbers and costs. */
    public List<String> alternatives() {
        return plan.alternatives().stream()
                .limit(ALTERNATIVES)
                .map(one -> one.machine().name() + " (" + one.machine().text() + "): " + nodes(one.nodes()) + ", "
                        + one.cost().text() + " a month, by " + one.limiting().text())
                .toList();
    }

    private static String nodes(int count) {
        return count == 1 ? "1 node" : Amount.text(count) + " nodes";
    }
}
