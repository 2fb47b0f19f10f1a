package dev.carillon.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import org.junit.jupiter.api.Test;

class MetricsIT extends ProxyFixture {
    @Test
    void metrics_count_requests_and_refusals_and_show_the_state_of_each_node() throws Exception {
        TestNode busy = node();
        TestNode dead = node();
        dead.die();
        busy.answer = (request, socket) -> {
            if (request.target().equals("/events")) {
                TestNode.openStream(socket);
                TestNode.awaitEnd(socket);
            } else {
                socket.close();
            }
        };
        StickyProxy proxy = proxy(config().withAdmin(new ProxyConfig.Listen("127.0.0.1", 0)));
        client(proxy).stream("/events").head();
        assertThat(get(proxy, "").status()).startsWith("HTTP/1.1 502");

        String text = metrics(proxy, "/metrics");
        assertThat(text)
                .contains(
                        "\ncarillon_proxy_open_requests 1\n",
                        "\ncarillon_proxy_node_open_requests{node=\"" + busy.url() + "\"} 1\n",
                        "\ncarillon_proxy_node_requests_total{node=\"" + busy.url() + "\"} 2\n",
                        "\ncarillon_proxy_node_requests_total{node=\"" + dead.url() + "\"} 0\n",
                        "\ncarillon_proxy_node_state{node=\"" + busy.url() + "\",state=\"up\"} 1\n",
                        "\ncarillon_proxy_node_state{node=\"" + dead.url() + "\",state=\"down\"} 1\n",
                        "\ncarillon_proxy_refused_total{status=\"502\",code=\"node-failed\",reason=\"node_failed\"} 1\n",
                        "\ncarillon_proxy_refused_total{status=\"503\",code=\"no-node\",reason=\"no_node\"} 0\n",
                        "\ncarillon_proxy_tls_handshakes_refused_total 0\n");
        assertThat(metrics(proxy, "/health")).isEqualTo("{\"status\":\"ok\"}");
    }

    @Test
    void clients_do_not_reach_the_metrics() throws Exception {
        TestNode node = node();
        StickyProxy proxy = proxy(config().withAdmin(new ProxyConfig.Listen("127.0.0.1", 0)));

        RawClient client = client(proxy).get("/metrics", "");
        assertThat(client.body(client.head())).isEqualTo(node.name() + " ");
        assertThat(proxy(config()).adminPort()).isEmpty();
    }

    private String metrics(StickyProxy proxy, String path) throws IOException {
        RawClient client = own(new RawClient(proxy.adminPort().orElseThrow())).get(path, "");
        return client.body(client.head());
    }
}
