package dev.carillon.lab.simulation.page;

import dev.carillon.app.App;
import dev.carillon.app.AppOptions;
import dev.carillon.app.Carillon;
import dev.carillon.app.JobRule;
import dev.carillon.lab.simulation.broker.BrokerLink;
import dev.carillon.lab.simulation.broker.BrokerServer;
import dev.carillon.lab.simulation.broker.LinkFaults;
import dev.carillon.lab.simulation.broker.SimulatedLog;
import dev.carillon.lab.simulation.broker.SimulatedStore;
import dev.carillon.lab.simulation.cluster.Cluster;
import dev.carillon.lab.simulation.host.Host;
import dev.carillon.lab.simulation.host.Schedule;
import dev.carillon.lab.simulation.host.Story;
import dev.carillon.lab.simulation.plan.Defect;
import dev.carillon.lab.simulation.plan.Plan;
import dev.carillon.page.Page;
import dev.carillon.page.Signal;
import dev.carillon.scope.Scope;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;

/** The parts of one run with live pages: broker, nodes with an application, proxy, tabs. Everything that is random in it follows from the seed. */
public final class PageWorld implements Cluster {
    static final String PATH = "/list";
    /** An action that changes the tab alone. */
    static final String ADD = "add";
    /** An action that also broadcasts an event. */
    static final String SEND = "send";

    static final String ITEMS = "items";
    static final Scope SENT = Scope.topic("sent");
    private static final int TABS = 4;
    private static final long LAST_RUN_NANOS = 1_500_000_000L;
    /** Longer than each time limit of what still waits. */
    private static final long CLOSE_NANOS = 30_000_000_000L;

    private static final long WARM_UP_NANOS = Plan.WARM_UP_MILLIS * Schedule.NANOS_PER_MILLI;

    private final Plan plan;
    private final Defect defect;
    private final SplittableRandom random;
    private final Schedule schedule;
    private final Story story;
    private final BrokerServer broker;
    private final Calls calls;
    private final JobWatch job;
    private final List<LinkFaults> links = new ArrayList<>();
    /** The present life at each place. */
    private final List<PageNode> nodes = new ArrayList<>();
    /** Of all lives. */
    private final List<PageNode> everyNode = new ArrayList<>();

    private final List<SimulatedTab> tabs = new ArrayList<>();

    public PageWorld(Plan plan, Defect defect, boolean told) {
        this.plan = plan;
        this.defect = defect;
        random = new SplittableRandom(plan.seed());
        schedule = new Schedule(random.nextLong());
        story = new Story(schedule, told);
        broker = new BrokerServer(
                new SimulatedLog(plan.profile().logEvents(), this::millis), new SimulatedStore(this::millis), story);
        calls = new Calls(schedule, random.split(), nodes, Plan.NODES);
        job = new JobWatch(schedule, story);
        for (int i = 0; i < Plan.NODES; i++) {
            links.add(new LinkFaults(random.split(), schedule));
            nodes.add(startNode(i));
        }
        long end = WARM_UP_NANOS + plan.workMillis() * Schedule.NANOS_PER_MILLI;
        SimulatedTab.Surroundings around = new SimulatedTab.Surroundings(
                schedule, story, random.split(), this::choose, defect == Defect.MOVED_LOADS_AGAIN);
        for (int i = 0; i < TABS; i++) {
            SimulatedTab tab = new SimulatedTab(i, end, around);
            tabs.add(tab);
            schedule.at(random.nextLong(WARM_UP_NANOS), tab::load);
        }
    }

    private long millis() {
        return Host.START_MILLIS + schedule.nanos() / Schedule.NANOS_PER_MILLI;
    }

    private PageNode startNode(int place) {
        Host host = new Host("node-" + place, schedule, random.nextLong(), true);
        BrokerLink link = new BrokerLink(host, broker, links.get(place), story, defect);
        PageNode node = new PageNode(place, host, link, new PageNode.Surroundings(story, calls, defect));
        everyNode.add(node);
        node.start(application(host));
        return node;
    }

    /** One application for each life of a node, as each has a process of its own. */
    private App application(Host host) {
        return Carillon.app(AppOptions.defaults())
                .page(PATH, PageWorld::list)
                .job(JobWatch.NAME, JobRule.every(JobWatch.PERIOD), run -> job.run(run, host));
    }

    /** A page that keeps a list of all numbers that it was given. */
    private static void list(Page page) {
        Signal<Integer> item = page.input("item", -1);
        Signal<String> items = page.signal(ITEMS, "");
        Runnable add = () -> items.update(before -> before + item.get() + ",");
        page.action(ADD, add);
        page.action(SEND, () -> {
            page.broadcast(SENT, null, page.actionId());
            add.run();
        });
        page.view("items", () -> "<output>" + items.get() + "</output>");
    }

    private Optional<PageNode> choose() {
        List<PageNode> able = nodes.stream().filter(PageNode::accepts).toList();
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

    @Override
    public List<LinkFaults> links() {
        return links;
    }

    @Override
    public PageNode node(int place) {
        return nodes.get(place);
    }

    @Override
    public void restart(int place) {
        story.tell("node-" + place, "starts again");
        nodes.set(place, startNode(place));
    }

    @Override
    public void loseCalls(int place, long nanos) {
        calls.lose(place, nanos);
    }

    @Override
    public void heal() {
        calls.heal();
    }

    @Override
    public void dataLost() {
        throw new UnsupportedOperationException("a loss of the store's data");
    }

    @Override
    public void leave(int client, String why, long awayMillis) {
        throw new UnsupportedOperationException("streams of tabs");
    }

    @Override
    public void slow(int client, boolean value) {
        throw new UnsupportedOperationException("streams of tabs");
    }

    List<SimulatedTab> tabs() {
        return tabs;
    }

    JobWatch job() {
        return job;
    }

    /** Whether each tab has had an action confirmed after the end of the faults, and the job runs. */
    public boolean settled(long afterNanos) {
        return tabs.stream().allMatch(SimulatedTab::done) && job.ranSince(afterNanos);
    }

    /** What is wrong, once everything has settled or should have. */
    public List<String> findings(long afterNanos) {
        return new PageJudge(this).findings(afterNanos);
    }

    /** Number of actions that were confirmed. */
    public int confirmed() {
        return tabs.stream()
                .mapToInt(tab -> (int) tab.outcomes().stream()
                        .filter(one -> one == SimulatedTab.Outcome.CONFIRMED)
                        .count())
                .sum();
    }

    /** Number of pieces of work of the job. */
    public int works() {
        return job.works();
    }

    /** Ends all threads, which would otherwise keep the world. */
    public void close() {
        job.end();
        schedule.runUntil(schedule.nanos() + LAST_RUN_NANOS);
        everyNode.forEach(node -> {
            node.link().close();
            node.host().close();
        });
        schedule.runUntil(schedule.nanos() + CLOSE_NANOS);
    }
}
