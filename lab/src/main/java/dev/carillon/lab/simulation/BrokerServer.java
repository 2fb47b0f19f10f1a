package dev.carillon.lab.simulation;

import dev.carillon.broker.Appended;
import dev.carillon.broker.Idempotency;
import dev.carillon.scope.Event;
import java.util.ArrayList;
import java.util.List;

/** The broker's process: the log, and the links of the nodes that are connected. */
final class BrokerServer {
    private final SimulatedLog log;
    private final Story story;
    private final List<BrokerLink> links = new ArrayList<>();
    private boolean up = true;

    BrokerServer(SimulatedLog log, Story story) {
        this.log = log;
        this.story = story;
    }

    SimulatedLog log() {
        return log;
    }

    boolean up() {
        return up;
    }

    void add(BrokerLink link) {
        links.add(link);
    }

    void remove(BrokerLink link) {
        links.remove(link);
    }

    /** Appends an event and sends it to the nodes, in one step. */
    Appended append(Event event, Idempotency by) {
        SimulatedLog.Outcome outcome = log.append(event, by);
        outcome.entry().ifPresent(entry -> {
            story.tell("broker", "appends " + event.id() + " to " + event.scopes() + " at " + place(entry));
            links.forEach(link -> link.send(entry));
        });
        return outcome.answer();
    }

    private String place(SimulatedLog.Entry entry) {
        return "epoch " + (entry.at().epoch() - Host.START_MILLIS) + ", sequence "
                + entry.at().sequence();
    }

    /** Whether a node waits for heads of interests: an outage now could make it begin after events that it missed, a known limit. */
    boolean isAskedForHeads() {
        return links.stream().anyMatch(BrokerLink::waitsForHeads);
    }

    void stop() {
        up = false;
        List.copyOf(links).forEach(BrokerLink::cut);
    }

    void start() {
        up = true;
        List.copyOf(links).forEach(BrokerLink::reconnect);
    }
}
