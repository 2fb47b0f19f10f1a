package dev.carillon.lab.simulation;

import dev.carillon.broker.Idempotency;
import dev.carillon.broker.Interest;
import dev.carillon.lab.account.EventSequence;
import dev.carillon.lab.account.Ledger;
import dev.carillon.lab.account.Subscriber;
import dev.carillon.lab.simulation.broker.BrokerLink;
import dev.carillon.lab.simulation.broker.BrokerServer;
import dev.carillon.lab.simulation.broker.LinkFaults;
import dev.carillon.lab.simulation.broker.SimulatedLog;
import dev.carillon.lab.simulation.broker.SimulatedStore;
import dev.carillon.lab.simulation.client.ServingNode;
import dev.carillon.lab.simulation.client.SimulatedBroadcaster;
import dev.carillon.lab.simulation.client.SimulatedClient;
import dev.carillon.lab.simulation.cluster.Cluster;
import dev.carillon.lab.simulation.host.Host;
import dev.carillon.lab.simulation.host.Schedule;
import dev.carillon.lab.simulation.host.Story;
import dev.carillon.lab.simulation.plan.Defect;
import dev.carillon.lab.simulation.plan.Plan;
import dev.carillon.scope.Event;
import dev.carillon.scope.Scope;
import dev.carillon.scope.Tenant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SplittableRandom;

/** The parts of one run: broker, nodes, proxy, clients, broadcasters. Everything that is random in it follows from the seed. */
final class World implements Cluster {
    private static final long NANOS_PER_MILLI = Schedule.NANOS_PER_MILLI;
    private static final int WARM_UP_MILLIS = Plan.WARM_UP_MILLIS;

    private static final String TENANT = "default";
    private static final List<String> SCOPES = List.of("topic:a", "topic:b", "topic:c", "topic:d");
    private static final int SEQUENCES = 4;
    private static final int MAX_SCOPES = 3;
    /** One of so many clients comes while events are broadcast. */
    private static final int LATE_CLIENTS = 4;

    private final Plan plan;
    private final Defect defect;
    private final SplittableRandom random;
    private final Schedule schedule;
    private final Story story;
    private final BrokerServer broker;
    private final Ledger ledger;
    private final List<LinkFaults> links = new ArrayList<>();
    private final List<SimulatedNode> nodes = new ArrayList<>();
    private final List<SimulatedClient> clients = new ArrayList<>();
    private final List<SimulatedBroadcaster> broadcasters = new ArrayList<>();
    /** For each client, the retained events that it has to receive when it comes: number by sequence. */
    private final Map<Integer, Map<Integer, Integer>> retained = new HashMap<>();

    private final List<Subscriber> subscribers = new ArrayList<>();

    World(Plan plan, Defect defect, boolean told) {
        this.plan = plan;
        this.defect = defect;
        random = new SplittableRandom(plan.seed());
        schedule = new Schedule(random.nextLong());
        story = new Story(schedule, told);
        broker = new BrokerServer(
                new SimulatedLog(plan.profile().logEvents(), this::millis), new SimulatedStore(this::millis), story);
        List<EventSequence> sequences = sequences();
        for (int i = 0; i < Plan.CLIENTS; i++) {
            subscribers.add(new Subscriber(TENANT, Set.copyOf(scopes()), Set.of()));
        }
        ledger = new Ledger("e", sequences, subscribers, this::millis);
        precede();
        for (int i = 0; i < Plan.NODES; i++) {
            links.add(new LinkFaults(random.split(), schedule));
            nodes.add(startNode(i));
        }
        SimulatedClient.Surroundings around =
                new SimulatedClient.Surroundings(schedule, story, ledger, random.split(), this::choose);
        for (int i = 0; i < Plan.CLIENTS; i++) {
            addClient(i, around);
        }
        long endNanos = (WARM_UP_MILLIS + plan.workMillis()) * NANOS_PER_MILLI;
        for (EventSequence sequence : sequences) {
            boolean retains = plan.profile().retains() && sequence.number() == 0;
            SimulatedBroadcaster one = new SimulatedBroadcaster(sequence, retains, endNanos, around);
            broadcasters.add(one);
            schedule.at(WARM_UP_MILLIS * NANOS_PER_MILLI + random.nextLong(NANOS_PER_MILLI), one::next);
        }
    }

    private long millis() {
        return Host.START_MILLIS + schedule.nanos() / NANOS_PER_MILLI;
    }

    private List<EventSequence> sequences() {
        List<EventSequence> sequences = new ArrayList<>();
        for (int i = 0; i < SEQUENCES; i++) {
            sequences.add(new EventSequence(i, TENANT, scopes(), false));
        }
        return sequences;
    }

    /** One to three scopes, in the order of the list. */
    private List<String> scopes() {
        int count = 1 + random.nextInt(MAX_SCOPES);
        Set<String> chosen = new LinkedHashSet<>();
        while (chosen.size() < count) {
            chosen.add(SCOPES.get(random.nextInt(SCOPES.size())));
        }
        return List.copyOf(chosen);
    }

    /** Each scope has an event before all others: the first events of a scope may be trimmed unnoticed, a known limit. */
    private void precede() {
        for (String scope : SCOPES) {
            broker.append(Event.to(Scope.parse(scope)).type("before").data("-").build(), Idempotency.NONE);
        }
    }

    private void addClient(int number, SimulatedClient.Surroundings around) {
        List<Interest> interests = subscribers.get(number).scopes().stream()
                .sorted()
                .map(scope -> Interest.in(Tenant.DEFAULT, Scope.parse(scope)))
                .toList();
        SimulatedClient client = new SimulatedClient(number, interests, around);
        clients.add(client);
        long joins = random.nextInt(LATE_CLIENTS) == 0
                ? WARM_UP_MILLIS + random.nextInt(plan.workMillis())
                : random.nextInt(WARM_UP_MILLIS / 2);
        schedule.at(joins * NANOS_PER_MILLI, () -> {
            Map<Integer, Integer> before = new HashMap<>();
            broadcasters.stream()
                    .filter(SimulatedBroadcaster::retained)
                    .filter(one -> one.sequence().scopes().stream()
                            .anyMatch(subscribers.get(number).scopes()::contains))
                    .forEach(one -> before.put(one.sequence().number(), one.acknowledged()));
            retained.put(number, before);
            client.connect();
        });
    }

    private SimulatedNode startNode(int place) {
        Host host = new Host("node " + place, schedule, random.nextLong(), false);
        BrokerLink link = new BrokerLink(host, broker, links.get(place), story, defect);
        return new SimulatedNode(host, link, broker.trace(), defect);
    }

    /** The proxy: any node that takes clients. */
    private Optional<ServingNode> choose() {
        List<SimulatedNode> able = nodes.stream().filter(SimulatedNode::accepts).toList();
        return able.isEmpty() ? Optional.empty() : Optional.of(able.get(random.nextInt(able.size())));
    }

    @Override
    public Plan plan() {
        return plan;
    }

    @Override
    public Schedule schedule() {
        return schedule;
    }

    @Override
    public Story story() {
        return story;
    }

    @Override
    public BrokerServer broker() {
        return broker;
    }

    Ledger ledger() {
        return ledger;
    }

    @Override
    public List<LinkFaults> links() {
        return links;
    }

    @Override
    public SimulatedNode node(int place) {
        return nodes.get(place);
    }

    @Override
    public void leave(int client, String why, long awayMillis) {
        clients.get(client).leave(why, awayMillis);
    }

    @Override
    public void slow(int client, boolean value) {
        clients.get(client).slow(value);
    }

    @Override
    public void dataLost() {
        broker.trace().lost();
        ledger.dataLost();
    }

    /** These nodes do not call each other. */
    @Override
    public void loseCalls(int place, long nanos) {
        throw new UnsupportedOperationException("calls between nodes");
    }

    @Override
    public void restart(int place) {
        nodes.set(place, startNode(place));
        story.tell("node " + place, "starts again");
    }

    /** Whether all events were acknowledged, every client has a stream, and has received the last event of each sequence or a gap. */
    boolean settled() {
        return broadcasters.stream().allMatch(SimulatedBroadcaster::done)
                && clients.stream().allMatch(SimulatedClient::isOpen)
                && ledger.incomplete() == 0;
    }

    /** What keeps a run from being settled. */
    List<String> unsettled() {
        List<String> reasons = new ArrayList<>(ledger.describeIncomplete());
        for (int i = 0; i < clients.size(); i++) {
            if (!clients.get(i).isOpen()) {
                reasons.add("client " + i + " has no stream at the end");
            }
        }
        broadcasters.stream()
                .filter(one -> !one.done())
                .forEach(one -> reasons.add("sequence " + one.sequence().number() + " has an event without an answer"));
        return reasons;
    }

    /** Retained events that a client did not receive although they were there when it came. */
    List<String> missingRetained() {
        List<String> missing = new ArrayList<>();
        retained.forEach((client, before) -> before.forEach((sequence, number) -> {
            if (clients.get(client).highest(sequence) < number) {
                missing.add("client " + client + " did not receive the retained event of sequence " + sequence
                        + " when it came, number " + number + " or later");
            }
        }));
        return missing;
    }
}
