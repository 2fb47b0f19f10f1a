package dev.carillon.planner;

/** What may decide the number of nodes. */
public enum Limit {
    PROCESSOR("processor time"),
    LATENCY("the latency bound"),
    MEMORY("memory"),
    NETWORK("network bandwidth"),
    DESCRIPTORS("file descriptors"),
    RECONNECTS("reconnects after the failure of a node");

    private final String text;

    Limit(String text) {
        this.text = text;
    }

    public String text() {
        return text;
    }
}
