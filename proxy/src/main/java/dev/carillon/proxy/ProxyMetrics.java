package dev.carillon.proxy;

import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.ToLongFunction;

/** Counts what the proxy does, for the text format of Prometheus. Thread-safe; labels are nodes and codes only, so that their number is bounded. */
final class ProxyMetrics {
    static final String CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8";

    private final Map<Refusal, LongAdder> refused = new EnumMap<>(Refusal.class);

    private final LongAdder refusedHandshakes = new LongAdder();

    ProxyMetrics() {
        for (Refusal refusal : Refusal.values()) {
            refused.put(refusal, new LongAdder());
        }
    }

    void refused(Refusal refusal) {
        LongAdder count = refused.get(refusal);
        if (count != null) {
            count.increment();
        }
    }

    void refusedHandshake() {
        refusedHandshakes.increment();
    }

    /** All metrics as text. */
    String text(Nodes nodes, int openRequests) {
        StringBuilder text = new StringBuilder();
        head(text, "carillon_proxy_open_requests", "gauge", "Open requests, streams and WebSockets of all clients");
        text.append("carillon_proxy_open_requests ").append(openRequests).append('\n');
        perNode(text, nodes, "carillon_proxy_node_open_requests", "gauge", "Those at a node", Node::open);
        perNode(
                text,
                nodes,
                "carillon_proxy_node_requests_total",
                "counter",
                "Requests that were sent to a node",
                Node::requests);
        perNode(
                text,
                nodes,
                "carillon_proxy_node_connect_failures_total",
                "counter",
                "Requests that could not connect to a node and tried another",
                Node::connectFailures);
        head(text, "carillon_proxy_node_state", "gauge", "1 for the state of a node: up, draining or down");
        for (Node node : nodes.all()) {
            for (NodeState state : NodeState.values()) {
                text.append("carillon_proxy_node_state{node=\"")
                        .append(node.url())
                        .append("\",state=\"")
                        .append(state.name().toLowerCase(Locale.ROOT))
                        .append("\"} ")
                        .append(node.state() == state ? 1 : 0)
                        .append('\n');
            }
        }
        head(
                text,
                "carillon_proxy_refused_total",
                "counter",
                "Requests that the proxy itself refused, by status and code");
        refused.forEach((refusal, count) -> text.append("carillon_proxy_refused_total{status=\"")
                .append(refusal.status())
                .append("\",code=\"")
                .append(refusal.code())
                .append("\",reason=\"")
                .append(refusal.name().toLowerCase(Locale.ROOT))
                .append("\"} ")
                .append(count.sum())
                .append('\n'));
        head(
                text,
                "carillon_proxy_tls_handshakes_refused_total",
                "counter",
                "Connections that were closed as too many TLS handshakes waited");
        text.append("carillon_proxy_tls_handshakes_refused_total ")
                .append(refusedHandshakes.sum())
                .append('\n');
        return text.toString();
    }

    private static void perNode(
            StringBuilder text, Nodes nodes, String name, String type, String help, ToLongFunction<Node> value) {
        head(text, name, type, help);
        for (Node node : nodes.all()) {
            text.append(name)
                    .append("{node=\"")
                    .append(node.url())
                    .append("\"} ")
                    .append(value.applyAsLong(node))
                    .append('\n');
        }
    }

    private static void head(StringBuilder text, String name, String type, String help) {
        text.append("# HELP ").append(name).append(' ').append(help).append('\n');
        text.append("# TYPE ").append(name).append(' ').append(type).append('\n');
    }
}
