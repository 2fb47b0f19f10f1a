package dev.carillon.lab.simulation.broker;

import dev.carillon.broker.Appended;
import dev.carillon.broker.Idempotency;
import dev.carillon.lab.simulation.host.Host;
import dev.carillon.lab.simulation.host.Story;
import dev.carillon.lab.simulation.rules.LogTrace;
import dev.carillon.scope.Event;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/** The broker's process: the log, and the links of the nodes that are connected. */
public final class BrokerServer {
    private final SimulatedLog log;
    private final SimulatedStore store;
    private final LogTrace trace = new LogTrace();
    private final Story story;
    private final List<BrokerLink> links = new ArrayList<>();
    private boolean up = true;

    public BrokerServer(SimulatedLog log, SimulatedStore store, Story story) {
        this.log = log;
        this.store = store;
        this.story = story;
    }

    public SimulatedLog log() {
        return log;
    }

    /** What was ever appended. */
    public LogTrace trace() {
        return trace;
    }

    public SimulatedStore store() {
        return store;
    }

    public boolean up() {
        return up;
    }

    public void add(BrokerLink link) {
        links.add(link);
    }

    public void remove(BrokerLink link) {
        links.remove(link);
    }

    /** Appends an event and sends it to the nodes, in one step. */
    public Appended append(Event event, Idempotency by) {
        SimulatedLog.Outcome outcome = log.append(event, by);
        outcome.entry().ifPresent(entry -> {
            trace.appended(entry.at(), Set.copyOf(event.scopes()), by.fingerprint(event));
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
    public boolean isAskedForHeads() {
        return links.stream().anyMatch(BrokerLink::waitsForHeads);
    }

    public void stop() {
        up = false;
        List.copyOf(links).forEach(BrokerLink::cut);
    }

    public void start() {
        up = true;
        List.copyOf(links).forEach(BrokerLink::reconnect);
    }
}
