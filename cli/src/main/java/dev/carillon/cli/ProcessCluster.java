package dev.carillon.cli;

import dev.carillon.base.Key;
import dev.carillon.node.NodeKeys;
import java.io.PrintStream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;

/** A process for each node. A node that dies is reported; the others go on. */
final class ProcessCluster implements Cluster {
    private static final Duration START_TIMEOUT = Duration.ofSeconds(60);

    private final Console console;
    private final List<ChildProcess<Serving>> processes = new ArrayList<>();
    private final List<Member> members = new ArrayList<>();
    private volatile boolean stopping;

    private ProcessCluster(Console console) {
        this.console = console;
    }

    /** @throws CommandException when a node does not start: then none is left */
    static ProcessCluster start(Console console, List<Plan> plans) {
        ProcessCluster cluster = new ProcessCluster(console);
        try {
            // The first alone: a broker that is away is found, and told, once.
            cluster.add(plans.subList(0, 1));
            cluster.add(plans.subList(1, plans.size()));
        } catch (RuntimeException e) {
            cluster.close();
            throw e;
        }
        cluster.processes.forEach(cluster::reportDeath);
        return cluster;
    }

    /** Starts them side by side and waits until all serve. */
    private void add(List<Plan> plans) {
        List<ChildProcess<Serving>> added = new ArrayList<>();
        for (Plan plan : plans) {
            ChildProcess<Serving> process = ChildProcess.start(
                    plan.id(), arguments(plan), variables(console, plan), Serving::parse, console.out());
            added.add(process);
            processes.add(process);
        }
        for (ChildProcess<Serving> process : added) {
            members.add(new Member(process.awaitServing(START_TIMEOUT), OptionalLong.of(process.pid())));
        }
    }

    private static List<String> arguments(Plan plan) {
        List<String> arguments =
                new ArrayList<>(List.of("serve", ServeCommand.STOP_WITH_STDIN, ServeCommand.LIGHTSHOW));
        plan.own().forEach((name, value) -> arguments.addAll(List.of("--" + name, value)));
        return arguments;
    }

    /** What the nodes share goes by environment: keys, and passwords in the broker's address, do not show in a list. */
    private static Map<String, String> variables(Console console, Plan plan) {
        Map<String, String> variables = new HashMap<>(console.variables());
        variables.keySet().removeIf(KeyOptions::isVariable);
        for (Key key : NodeKeys.ALL) {
            String value = plan.common().get(key.name());
            if (value != null) {
                variables.put(key.variable(), value);
            }
        }
        return variables;
    }

    private void reportDeath(ChildProcess<Serving> process) {
        PrintStream err = console.err();
        process.onExit(status -> {
            if (!stopping) {
                err.println("carillon: node " + process.id() + " (process " + process.pid() + ") ended with status "
                        + status + "; the others go on");
            }
        });
    }

    @Override
    public List<Member> members() {
        return members;
    }

    @Override
    public void awaitEnd() throws InterruptedException {
        for (ChildProcess<Serving> process : processes) {
            process.awaitExit();
        }
    }

    @Override
    public void close() {
        stopping = true;
        processes.forEach(ChildProcess::askToStop);
        processes.forEach(ChildProcess::stop);
    }

    @Override
    public void kill() {
        stopping = true;
        processes.forEach(ChildProcess::kill);
    }
}
