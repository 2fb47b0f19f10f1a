package dev.carillon.lab.sticky;

import dev.carillon.lab.cluster.Cluster;
import dev.carillon.lab.cluster.ThreadCluster;
import dev.carillon.lab.cluster.Tokens;
import dev.carillon.node.NodeKeys;
import java.io.IOException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** The process of the nodes. It ends with its standard input. */
final class NodesMain {
    private NodesMain() {}

    /** @param args number of nodes, address of the broker, kind of the action */
    public static void main(String[] args) throws IOException {
        int nodes = Integer.parseInt(args[0]);
        ActionKind kind = ActionKind.valueOf(args[2]);
        Map<String, String> common = new HashMap<>();
        common.put(NodeKeys.BROKER.name(), args[1]);
        common.put(NodeKeys.SECRET.name(), Tokens.randomKey());
        common.put(NodeKeys.JWT_KEY.name(), Tokens.randomKey());
        common.put(NodeKeys.ANONYMOUS.name(), "true");
        // All tabs have the same address.
        common.put(NodeKeys.REQUESTS_PER_ADDRESS.name(), "0");
        List<Cluster.Plan> plans = IntStream.rangeClosed(1, nodes)
                .mapToObj(i -> new Cluster.Plan("n" + i, 0, 0, 0, common))
                .toList();
        StickyApps apps = new StickyApps(kind);
        try (Cluster cluster = ThreadCluster.start(plans, () -> apps)) {
            System.out.println(NodesProcess.READY
                    + cluster.members().stream()
                            .map(member -> member.address().port() + ":"
                                    + member.address().adminPort())
                            .collect(Collectors.joining(" ")));
            while (System.in.read() >= 0) {
                // Only its end counts.
            }
        }
    }
}
