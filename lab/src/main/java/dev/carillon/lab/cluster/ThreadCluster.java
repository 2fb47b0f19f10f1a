package dev.carillon.lab.cluster;

import dev.carillon.extension.Extension;
import dev.carillon.node.Node;
import dev.carillon.node.NodeConfig;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import java.util.function.Supplier;

/** Runs all nodes in this process, as the in-memory broker requires. */
public final class ThreadCluster implements Cluster {
    private final List<Node> nodes = new ArrayList<>();
    private final List<Member> members = new ArrayList<>();

    private ThreadCluster() {}

    /** @param extension creates the extension of each node */
    public static ThreadCluster start(List<Plan> plans, Supplier<Extension> extension) {
        ThreadCluster cluster = new ThreadCluster();
        try {
            for (Plan plan : plans) {
                Node node = Node.builder(NodeConfig.of(plan.settings()))
                        .extension(extension.get())
                        .start();
                cluster.nodes.add(node);
                cluster.members.add(new Member(ListenAddresses.of(node, plan.settings()), OptionalLong.empty()));
            }
            return cluster;
        } catch (RuntimeException e) {
            cluster.close();
            throw e;
        }
    }

    @Override
    public List<Member> members() {
        return members;
    }

    @Override
    public void awaitEnd() throws InterruptedException {
        for (Node node : nodes) {
            node.awaitStopped();
        }
    }

    @Override
    public void close() {
        nodes.forEach(Node::close);
    }

    /** Closes the nodes: they are threads of this process. */
    @Override
    public void kill() {
        close();
    }
}
