package dev.carillon.lab.simulation.cluster;

import dev.carillon.lab.simulation.broker.BrokerServer;
import dev.carillon.lab.simulation.broker.LinkFaults;
import dev.carillon.lab.simulation.host.Schedule;
import dev.carillon.lab.simulation.plan.Fault;
import dev.carillon.lab.simulation.plan.Plan;
import java.util.EnumMap;
import java.util.Map;

/** Makes the faults of a plan happen, and ends them. */
public final class Injector {
    private static final long NANOS_PER_MILLI = Schedule.NANOS_PER_MILLI;
    private static final long WAIT_NANOS = 1_000_000;
    private static final long DRAIN_NANOS = 800_000_000;
    private static final int RESTORE_MILLIS = 700;

    private final Cluster world;
    private final Schedule schedule;
    private final Map<Fault.Kind, Integer> happened = new EnumMap<>(Fault.Kind.class);

    public Injector(Cluster world) {
        this.world = world;
        this.schedule = world.schedule();
    }

    /** Number of faults that happened, by kind. */
    public Map<Fault.Kind, Integer> happened() {
        return happened;
    }

    public void plan() {
        for (Fault fault : world.plan().faults()) {
            if (fault.atMillis() < world.plan().workMillis()) {
                schedule.at((Plan.WARM_UP_MILLIS + fault.atMillis()) * NANOS_PER_MILLI, () -> begin(fault));
            }
        }
    }

    private void begin(Fault fault) {
        switch (fault.kind()) {
            case LINK_CUT, LINK_SLOW, ANSWERS_LOST, LOST, LOSS_REPORTED -> ofLink(fault);
            case BROKER_RESTARTED, BROKER_EMPTIED, BROKER_RESTORED -> ofBroker(fault);
            case NODE_CRASHED, NODE_STOPPED, NODE_PAUSED, CLOCK_MOVED -> ofNode(fault);
            case CALLS_LOST -> {
                happens(fault);
                world.loseCalls(fault.target(), nanos(fault));
            }
            case CLIENT_CUT, CLIENT_AWAY, CLIENT_SLOW -> ofClient(fault);
        }
    }

    private void happens(Fault fault) {
        happened.merge(fault.kind(), 1, Integer::sum);
        world.story().tell("fault", fault.text());
    }

    private static long nanos(Fault fault) {
        return fault.amount() * NANOS_PER_MILLI;
    }

    private void ofLink(Fault fault) {
        LinkFaults link = world.links().get(fault.target());
        if (fault.kind() == Fault.Kind.LINK_CUT) {
            cut(fault);
            return;
        }
        happens(fault);
        switch (fault.kind()) {
            case LINK_SLOW -> link.slow(nanos(fault));
            case ANSWERS_LOST -> link.loseAnswers(nanos(fault));
            case LOST -> link.loseEvents(fault.amount());
            default -> link.loseEventsReported(fault.amount());
        }
    }

    private void cut(Fault fault) {
        ClusterNode node = world.node(fault.target());
        if (!node.host().alive()) {
            return;
        }
        if (node.link().waitsForHeads()) {
            schedule.after(WAIT_NANOS, () -> cut(fault));
            return;
        }
        happens(fault);
        node.link().block();
        schedule.after(nanos(fault), () -> {
            if (node.host().alive()) {
                node.link().unblock();
            }
        });
    }

    private void ofBroker(Fault fault) {
        BrokerServer broker = world.broker();
        if (!broker.up()) {
            return;
        }
        if (broker.isAskedForHeads()) {
            schedule.after(WAIT_NANOS, () -> ofBroker(fault));
            return;
        }
        happens(fault);
        broker.stop();
        switch (fault.kind()) {
            case BROKER_RESTORED -> {
                world.dataLost();
                int lost = broker.log().restartOlder(fault.amount());
                world.story().tell("broker", "has lost its last " + lost + " events");
            }
            case BROKER_EMPTIED -> {
                world.dataLost();
                broker.log().restartEmpty();
            }
            default -> broker.log().restart();
        }
        int down = fault.kind().counts() ? RESTORE_MILLIS : fault.amount();
        schedule.after(down * NANOS_PER_MILLI, () -> {
            world.story().tell("broker", "is up again");
            broker.start();
        });
    }

    private void ofNode(Fault fault) {
        ClusterNode node = world.node(fault.target());
        if (!node.accepts()) {
            return;
        }
        happens(fault);
        switch (fault.kind()) {
            case NODE_PAUSED -> node.host().pause(nanos(fault));
            case CLOCK_MOVED -> node.host().moveClock(fault.amount() % 2 == 0 ? fault.amount() : -fault.amount());
            case NODE_STOPPED -> {
                node.drain();
                schedule.after(DRAIN_NANOS, () -> crash(node, fault));
            }
            default -> crash(node, fault);
        }
    }

    private void crash(ClusterNode node, Fault fault) {
        node.crash();
        schedule.after(nanos(fault), () -> world.restart(fault.target()));
    }

    private void ofClient(Fault fault) {
        int client = fault.target();
        happens(fault);
        switch (fault.kind()) {
            case CLIENT_CUT -> world.leave(client, "its connection breaks", 0);
            case CLIENT_AWAY -> world.leave(client, "leaves", fault.amount());
            default -> {
                world.slow(client, true);
                schedule.after(nanos(fault), () -> world.slow(client, false));
            }
        }
    }

    /** The time of faults is over: what has not ended ends now, except for nodes that are down, which start as planned. */
    public void heal() {
        world.links().forEach(LinkFaults::heal);
        world.heal();
        world.story().tell("fault", "no fault begins any more");
    }
}
