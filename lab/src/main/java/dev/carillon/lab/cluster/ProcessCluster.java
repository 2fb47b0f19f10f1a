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

/** Runs each node in a process of its own. A node that exits is reported; the other nodes continue. */
public final class ProcessCluster implements Cluster {
    private static final Duration START_TIMEOUT = Duration.ofSeconds(60);

    private final Commands commands;
    private final PrintStream out;
    private final PrintStream err;
    private final List<ServiceProcess<ListenAddresses>> processes = new ArrayList<>();
    private final List<Member> members = new ArrayList<>();
    private volatile boolean stopping;

    private ProcessCluster(Commands commands, PrintStream out, PrintStream err) {
        this.commands = commands;
        this.out = out;
        this.err = err;
    }

    /**
     * Starts a node for each plan and returns when all are ready.
     *
     * @param out receives the output of the nodes
     * @param err receives a line for each node that exits
     * @throws LabException if a node does not start; all other nodes have been stopped
     */
    public static ProcessCluster start(Commands commands, List<Plan> plans, PrintStream out, PrintStream err) {
        ProcessCluster cluster = new ProcessCluster(commands, out, err);
        try {
            // The first node alone, so that an unavailable broker is reported only once.
            cluster.add(plans.subList(0, 1));
            cluster.add(plans.subList(1, plans.size()));
        } catch (RuntimeException e) {
            cluster.close();
            throw e;
        }
        cluster.processes.forEach(cluster::reportDeath);
        return cluster;
    }

    /** Starts nodes in parallel and waits until all are ready. */
    private void add(List<Plan> plans) {
        List<ServiceProcess<ListenAddresses>> added = new ArrayList<>();
        for (Plan plan : plans) {
            ServiceProcess<ListenAddresses> process =
                    commands.start(plan.id(), arguments(plan), variables(plan), ListenAddresses::parse, out);
            added.add(process);
            processes.add(process);
        }
        for (ServiceProcess<ListenAddresses> process : added) {
            members.add(new Member(process.awaitReady(START_TIMEOUT), OptionalLong.of(process.pid())));
        }
    }

    private static List<String> arguments(Plan plan) {
        List<String> arguments = new ArrayList<>(List.of("serve", Commands.STOP_WITH_STDIN, Commands.LIGHTSHOW));
        plan.own().forEach((name, value) -> arguments.addAll(List.of("--" + name, value)));
        return arguments;
    }

    /** Shared settings are environment variables, so that keys and broker passwords do not show in the list of processes. */
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

    private void reportDeath(ServiceProcess<ListenAddresses> process) {
        process.onExit(status -> {
            if (!stopping) {
                err.println("carillon: node " + process.id() + " (process " + process.pid() + ") ended with status "
                        + status + "; the other nodes continue");
            }
        });
    }

    @Override
    public List<Member> members() {
        return members;
    }

    @Override
    public void awaitEnd() throws InterruptedException {
        for (ServiceProcess<ListenAddresses> process : processes) {
            process.awaitExit();
        }
    }

    @Override
    public void close() {
        stopping = true;
        processes.forEach(ServiceProcess::requestStop);
        processes.forEach(ServiceProcess::stop);
    }

    @Override
    public void kill() {
        stopping = true;
        processes.forEach(ServiceProcess::kill);
    }
}
