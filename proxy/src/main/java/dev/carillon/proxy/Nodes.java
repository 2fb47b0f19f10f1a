package dev.carillon.proxy;

import java.net.URI;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** All nodes, and the selection of one for a request. */
final class Nodes {
    private final List<Node> all;
    private final Map<String, Node> byCookie;
    private final AtomicInteger roundRobin = new AtomicInteger();

    Nodes(List<URI> urls, int fall) {
        this.all = urls.stream().map(url -> new Node(url, fall)).toList();
        this.byCookie = all.stream().collect(Collectors.toUnmodifiableMap(Node::cookie, Function.identity()));
    }

    List<Node> all() {
        return all;
    }

    /**
     * Selects the cookie's node if it is up, else the node with the fewest open requests among those that are up, ties in turn. If no node
     * is up, it selects among draining nodes in the same way, as a last resort.
     *
     * @param cookie any text that the client sent; null: none
     * @param tried nodes that are not selected again
     * @return null: no node is available
     */
    @Nullable
    Node choose(@Nullable String cookie, Set<Node> tried) {
        Node own = cookie == null ? null : byCookie.get(cookie);
        Node up = choose(own, NodeState.UP, tried);
        return up != null ? up : choose(own, NodeState.DRAINING, tried);
    }

    /** Whether a node is up that is not among those. */
    boolean isUp(Set<Node> except) {
        return all.stream().anyMatch(node -> node.state() == NodeState.UP && !except.contains(node));
    }

    boolean anyAvailable() {
        return all.stream().anyMatch(node -> node.state() != NodeState.DOWN);
    }

    private @Nullable Node choose(@Nullable Node own, NodeState state, Set<Node> tried) {
        if (own != null && own.state() == state && !tried.contains(own)) {
            return own;
        }
        int first = Math.floorMod(roundRobin.getAndIncrement(), all.size());
        Node best = null;
        int fewest = Integer.MAX_VALUE;
        for (int i = 0; i < all.size(); i++) {
            Node node = all.get((first + i) % all.size());
            int open = node.open();
            if (node.state() == state && open < fewest && !tried.contains(node)) {
                best = node;
                fewest = open;
            }
        }
        return best;
    }
}
