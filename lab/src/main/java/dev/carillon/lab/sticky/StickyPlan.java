package dev.carillon.lab.sticky;

import java.util.List;

/**
 * A validated plan.
 *
 * @param nodes numbers of nodes, each measured by itself
 * @param actions all together
 * @param tabs that act at the same time, each one action after the other
 * @param broker memory, redis or nats
 */
public record StickyPlan(List<Integer> nodes, int actions, int rounds, int tabs, String broker, ActionKind action) {
    public StickyPlan {
        nodes = List.copyOf(nodes);
    }

    /** Actions of one tab in one measurement; at least one. */
    int actionsPerTab() {
        return Math.max(1, Math.ceilDiv(actions, nodes.size() * rounds * Variant.values().length * tabs));
    }
}
