package dev.carillon.planner.simulation;

import dev.carillon.planner.NodeLoad;

/** One node: its clients, and two queues of work that share its processors: deliveries and connects. */
final class SimulatedNode {
    /** Connects take at most this share of what deliveries leave, so that live streams do not starve. */
    private static final double CONNECTS = 0.8;

    private static final double NOTHING = 1e-9;

    private final NodeLoad reference;
    private final ConnectCost connect;
    private double clients;
    private double connecting;
    private double connectWork;
    private double deliveryWork;
    private double connects;
    private double updated;
    private boolean accepting = true;
    private long life;

    /**
     * Processor time of connects.
     *
     * @param coldConnects connects until a node is warm
     */
    record ConnectCost(double warm, double cold, double coldConnects) {}

    /** @param reference the work of a node with its share of the clients */
    SimulatedNode(NodeLoad reference, ConnectCost connect) {
        this.reference = reference;
        this.connect = connect;
        this.clients = reference.connections();
        this.connects = connect.coldConnects;
    }

    double clients() {
        return clients;
    }

    double connecting() {
        return connecting;
    }

    boolean isAccepting() {
        return accepting;
    }

    /** Changes when the process ends: what belonged to an earlier life is over. */
    long life() {
        return life;
    }

    /** Processors for deliveries: they grow with the clients, apart from what the node and each event cost. */
    private double deliveryRate() {
        NodeLoad.Processor processor = reference.processor();
        double fixed = processor.base() + processor.events() + processor.broadcasts();
        return fixed + (processor.total() - fixed) * clients / Math.max(1, reference.connections());
    }

    private double free() {
        return Math.max(NOTHING, reference.capacity() - deliveryRate());
    }

    /** Works off what has queued up since the last call. */
    void advance(double now) {
        double seconds = now - updated;
        updated = now;
        double free = free() * seconds;
        double connectsDone = Math.min(connectWork, free * CONNECTS);
        connectWork -= connectsDone;
        deliveryWork = Math.max(0, deliveryWork - (free - connectsDone));
    }

    /** Seconds until a client that comes now would be connected. */
    double connectDelay() {
        return connectWork / (free() * CONNECTS);
    }

    /** Clients begin to connect. Returns the seconds until they are connected. */
    double accept(double count) {
        double cold = Math.max(0, Math.min(count, connect.coldConnects - connects));
        connects += count;
        connecting += count;
        connectWork += cold * connect.cold + (count - cold) * connect.warm;
        return connectDelay();
    }

    void connected(double count) {
        connecting -= count;
        clients += count;
    }

    /** Ends with all its clients, also those that are connecting. */
    void kill() {
        clients = 0;
        connecting = 0;
        connectWork = 0;
        deliveryWork = 0;
        accepting = false;
        life++;
    }

    /** Accepts no clients any more. */
    void drain() {
        accepting = false;
    }

    void release(double count) {
        clients -= count;
    }

    /** A new process: it accepts clients, and its code is cold. */
    void start() {
        accepting = true;
        connects = 0;
    }

    /** Events that waited elsewhere arrive at once: {@code seconds} worth of deliveries. */
    void burst(double seconds) {
        deliveryWork += deliveryRate() * seconds;
    }

    /** Share of the processors in use now. */
    double utilisation() {
        double idle = connectWork <= NOTHING && deliveryWork <= NOTHING ? 0 : free();
        double used = deliveryWork > NOTHING ? idle : idle * CONNECTS;
        return Math.min(1, (deliveryRate() + used) / reference.capacity());
    }

    /** Utilisation as a delivery meets it: what connects leave. */
    double deliveryUtilisation() {
        double left = reference.capacity() - (connectWork > NOTHING ? free() * CONNECTS : 0);
        return Math.min(1, deliveryRate() / Math.max(NOTHING, left));
    }

    /** Seconds until the deliveries that are queued now are done. */
    double deliveryDelay() {
        return deliveryWork / free();
    }

    /** Clients now, as a multiple of its share. */
    double share() {
        return clients / Math.max(1, reference.connections());
    }
}
