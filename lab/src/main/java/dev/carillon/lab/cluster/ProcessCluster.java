package dev.carillon.lab.cluster;

import dev.carillon.base.Key;
import dev.carillon.lab.LabException;
import dev.carillon.node.NodeKeys;
import java.io.PrintStream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;

/** A process for each node. A node that dies is reported; the others go on. */
public final class ProcessCluster implements Cluster {
    private static final Duration START_TIMEOUT = Duration.ofSeconds(60);

    private final Commands commands;
    private final PrintStream out;
    private final PrintStream err;
    private final List<ServingProcess<Serving>> processes = new ArrayList<>();
    private final List<Member> members = new ArrayList<>();
    private volatile boolean stopping;

    private ProcessCluster(Commands commands, PrintStream out, PrintStream err) {
        this.commands = commands;
        this.out = out;
        this.err = err;
    }

    /**
     * Starts a node for each plan and returns when all serve.
     *
     * @param out takes what the nodes print
     * @param err takes which node has died
     * @throws LabException when a node does not start: then none is left
     */
    public static ProcessCluster start(Commands commands, List<Plan> plans, PrintStream out, PrintStream err) {
        ProcessCluster cluster = new ProcessCluster(commands, out, err);
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
        List<ServingProcess<Serving>> added = new ArrayList<>();
        for (Plan plan : plans) {
            ServingProcess<Serving> process =
                    commands.start(plan.id(), arguments(plan), variables(plan), Serving::parse, out);
            added.add(process);
            processes.add(process);
        }
        for (ServingProcess<Serving> process : added) {
            members.add(new Member(process.awaitServing(START_TIMEOUT), OptionalLong.of(process.pid())));
        }
    }

    private static List<String> arguments(Plan plan) {
        List<String> arguments = new ArrayList<>(List.of("serve", Commands.STOP_WITH_STDIN, Commands.LIGHTSHOW));
        plan.own().forEach((name, value) -> arguments.addAll(List.of("--" + name, value)));
        return arguments;
    }

    /** What the nodes share goes by environment: keys, and passwords in the broker's address, do not show in a list. */
    private Map<String, String> variables(Plan plan) {
        Map<String, String> variables = commands.withoutSettings();
        for (Key<?> key : NodeKeys.ALL) {
            String value = plan.common().get(key.name());
            if (value != null) {
                variables.put(key.variable(), value);
            }
        }
        return variables;
    }

    private void reportDeath(ServingProcess<Serving> process) {
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
        for (ServingProcess<Serving> process : processes) {
            process.awaitExit();
        }
    }

    @Override
    public void close() {
        stopping = true;
        processes.forEach(ServingProcess::askToStop);
        processes.forEach(ServingProcess::stop);
    }

    @Override
    public void kill() {
        stopping = true;
        processes.forEach(ServingProcess::kill);
    }
}
