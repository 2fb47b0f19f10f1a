package dev.carillon.planner.simulation;

import dev.carillon.planner.base.PlanException;
import java.util.Arrays;
import java.util.Locale;
import java.util.stream.Collectors;

/** What happens to the simulated cluster. */
public enum Scenario {
    /** Nothing. */
    STEADY("nothing happens"),
    /** One node ends at once; a new process takes its place. */
    NODE_KILLED("one node is killed, and starts again"),
    /** Every node drains, stops and starts again, one after the other. */
    ROLLING_DEPLOY("every node is restarted, one after the other"),
    /** The broker is unavailable for a minute; broadcasters repeat what was refused. */
    BROKER_OUTAGE("the broker is unavailable for a minute");

    private final String text;

    Scenario(String text) {
        this.text = text;
    }

    public String text() {
        return text;
    }

    /** As in {@code node-killed}. */
    public String key() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    /** @throws PlanException if there is no such scenario */
    public static Scenario of(String key) {
        return Arrays.stream(values())
                .filter(scenario -> scenario.key().equals(key))
                .findFirst()
                .orElseThrow(() -> new PlanException("simulate: " + key + ": must be one of "
                        + Arrays.stream(values()).map(Scenario::key).collect(Collectors.joining(", "))));
    }
}
