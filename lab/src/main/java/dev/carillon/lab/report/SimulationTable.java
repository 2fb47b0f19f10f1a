package dev.carillon.lab.report;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.carillon.lab.simulation.Campaign;
import dev.carillon.lab.simulation.Result;
import dev.carillon.lab.simulation.plan.Fault;
import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/** The result of simulations as text and as JSON. */
public final class SimulationTable {
    private static final double NANOS_PER_SECOND = 1e9;

    private SimulationTable() {}

    /** Every line ends with LF. */
    public static String text(Campaign.Figures figures) {
        StringBuilder text = new StringBuilder(text(
                "%,d schedules in %.1f s: %,.0f per minute, %,.0f s of cluster life per second, %,d steps, %,d events received, %,d gaps, %,d actions confirmed\n",
                figures.schedules(),
                figures.nanos() / NANOS_PER_SECOND,
                figures.schedulesPerMinute(),
                figures.lifePerSecond(),
                figures.steps(),
                figures.delivered(),
                figures.gaps(),
                figures.confirmed()));
        Map<Fault.Kind, Long> faults = new EnumMap<>(Fault.Kind.class);
        faults.putAll(figures.faults());
        faults.forEach((kind, count) -> text.append(text("%,9d  %s\n", count, word(kind))));
        return text.append(text("%,d failed\n", figures.failures())).toString();
    }

    /** One run, in a few lines. */
    public static String text(Result result) {
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < result.plan().selected().size(); i++) {
            Fault fault = result.plan().faults().get(i);
            text.append(text(
                    "fault %d at %.1f s: %s\n", result.plan().selected().get(i), fault.atMillis() / 1e3, fault.text()));
        }
        result.findings().forEach(finding -> text.append(finding).append('\n'));
        return text.append(text(
                        "%s: seed %d, %,d steps, %.1f s of cluster life, %,d events received, %,d gaps, %,d actions confirmed, hash %016x\n",
                        result.clean() ? "CLEAN" : "FAILED",
                        result.plan().seed(),
                        result.steps(),
                        result.lifeNanos() / NANOS_PER_SECOND,
                        result.verdict().delivered(),
                        result.verdict().gaps(),
                        result.pages().confirmed(),
                        result.hash()))
                .toString();
    }

    /** An object on one line. */
    public static String json(Campaign.Figures figures) {
        ObjectNode json = JsonNodeFactory.instance
                .objectNode()
                .put("schedules", figures.schedules())
                .put("seconds", figures.nanos() / NANOS_PER_SECOND)
                .put("schedulesPerMinute", figures.schedulesPerMinute())
                .put("lifeSecondsPerSecond", figures.lifePerSecond())
                .put("steps", figures.steps())
                .put("delivered", figures.delivered())
                .put("gaps", figures.gaps())
                .put("confirmed", figures.confirmed())
                .put("failures", figures.failures());
        ObjectNode faults = json.putObject("faults");
        Map<String, Long> sorted = new TreeMap<>();
        figures.faults().forEach((kind, count) -> sorted.put(word(kind), count));
        sorted.forEach(faults::put);
        ArrayNode failed = json.putArray("failed");
        figures.failed().forEach(result -> failed.add(json(result)));
        return json.toString();
    }

    /** One run. */
    public static ObjectNode json(Result result) {
        ObjectNode json = JsonNodeFactory.instance
                .objectNode()
                .put("seed", result.plan().seed())
                .put("options", result.plan().options())
                .put("clean", result.clean())
                .put("hash", text("%016x", result.hash()))
                .put("steps", result.steps())
                .put("delivered", result.verdict().delivered())
                .put("gaps", result.verdict().gaps())
                .put("confirmed", result.pages().confirmed());
        ArrayNode findings = json.putArray("findings");
        result.findings().forEach(findings::add);
        return json;
    }

    private static String word(Fault.Kind kind) {
        return kind.name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    @SuppressWarnings("AnnotateFormatMethod") // Formats are literals; the annotation would need a dependency.
    private static String text(String format, Object... values) {
        return String.format(Locale.ROOT, format, values);
    }
}
