package dev.carillon.lab.scale;

/** What a point gives. Units are spelled out in the label. */
public enum Figure {
    DELIVERIES("deliveries per second", "throughput", Origin.MEASURED),
    BROADCASTS("broadcasts per second", "throughput", Origin.MEASURED),
    P50("delivery time, median, milliseconds", "delivery time", Origin.MEASURED),
    P99("delivery time, 99th percentile, milliseconds", "delivery time", Origin.MEASURED),
    P999("delivery time, 99.9th percentile, milliseconds", "delivery time", Origin.MEASURED),
    NODE_PROCESSORS("processors that all nodes use", "processor time", Origin.MEASURED),
    PER_DELIVERY("processor time of the nodes per delivery, microseconds", "processor time", Origin.MEASURED),
    PER_EVENT("processor time of the nodes per broadcast, microseconds", "processor time", Origin.MEASURED),
    CONNECT_COLD("processor time per connect to new nodes, microseconds", "processor time", Origin.MEASURED),
    CONNECT_WARM("processor time per connect to warm nodes, microseconds", "processor time", Origin.MEASURED),
    IDLE_CONNECTION(
            "processor time per idle connection, microseconds per second: with connections, less without",
            "processor time",
            Origin.DERIVED),
    RESIDENT("resident memory per connection, bytes: with connections, less without", "memory", Origin.DERIVED),
    HEAP("live heap per connection, bytes: with connections, less without", "memory", Origin.DERIVED),
    BROKER_PROCESSORS("processors that the broker uses", "broker", Origin.MEASURED),
    BROKER_READ("bytes per second that the broker reads", "broker", Origin.MEASURED),
    BROKER_WRITTEN("bytes per second that the broker writes, its log file included", "broker", Origin.MEASURED),
    PROXY_PROCESSORS("processors that the proxy uses", "proxy", Origin.MEASURED),
    FIRST_NODE_PROCESSORS("processors that the first node uses", "single nodes", Origin.MEASURED),
    OTHER_NODE_PROCESSORS("processors that each other node uses, mean", "single nodes", Origin.MEASURED),
    FIRST_NODE_READ("bytes per second that the first node reads", "single nodes", Origin.MEASURED),
    OTHER_NODE_READ("bytes per second that each other node reads, mean", "single nodes", Origin.MEASURED),
    OTHER_NODE_PER_EVENT("bytes that each other node reads per broadcast", "single nodes", Origin.DERIVED),
    CAPACITY(
            "deliveries per second if each node had one processor and used all of it",
            "several machines",
            Origin.DERIVED);

    /** Whether a figure was read from a clock or a counter, or calculated from such figures. */
    public enum Origin {
        MEASURED,
        DERIVED
    }

    private final String label;
    private final String group;
    private final Origin origin;

    Figure(String label, String group, Origin origin) {
        this.label = label;
        this.group = group;
        this.origin = origin;
    }

    public String label() {
        return label;
    }

    public String group() {
        return group;
    }

    public Origin origin() {
        return origin;
    }
}
