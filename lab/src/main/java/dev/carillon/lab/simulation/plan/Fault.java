package dev.carillon.lab.simulation.plan;

/**
 * A fault of a run.
 *
 * @param atMillis virtual time after the first broadcast
 * @param target number of a node or a client, whichever the kind concerns
 * @param amount a length in milliseconds, or a number of events
 */
public record Fault(Kind kind, int atMillis, int target, int amount) {
    /** What happens. */
    public enum Kind {
        LINK_CUT("cuts the connection to the broker for", "ms", true),
        LINK_SLOW("messages to and from the broker are slow for", "ms", true),
        ANSWERS_LOST("some answers of the broker are lost for", "ms", true),
        LOST("live events are lost in silence:", "events", true),
        LOSS_REPORTED("live events are lost, and the driver notices:", "events", true),
        BROKER_RESTARTED("the broker restarts with its data, down for", "ms", false),
        BROKER_EMPTIED("the broker restarts without its data, down for", "ms", false),
        BROKER_RESTORED("the broker restarts with older data; lost:", "events", false),
        NODE_CRASHED("the node crashes, and starts again after", "ms", true),
        NODE_STOPPED("the node drains and stops, and starts again after", "ms", true),
        NODE_PAUSED("the node is paused for", "ms", true),
        CLOCK_MOVED("the node's clock jumps by", "ms", true),
        CALLS_LOST("calls between the node and others are lost for", "ms", true),
        CLIENT_CUT("the client's connection breaks; it returns after", "ms", false),
        CLIENT_AWAY("the client leaves, and returns after", "ms", false),
        CLIENT_SLOW("the client does not read for", "ms", false);

        private final String text;
        private final String unit;
        private final boolean ofNode;

        Kind(String text, String unit, boolean ofNode) {
            this.text = text;
            this.unit = unit;
            this.ofNode = ofNode;
        }

        /** Whether the amount is a number of events. */
        public boolean counts() {
            return unit.equals("events");
        }
    }

    /** In plain words. */
    public String text() {
        String target = kind.ofNode
                ? "node " + this.target + ": "
                : kind.name().startsWith("CLIENT") ? "client " + this.target + ": " : "";
        return target + kind.text + " " + amount + " " + kind.unit;
    }
}
