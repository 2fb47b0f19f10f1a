package dev.carillon.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.carillon.node.TestCluster;
import dev.carillon.testkit.Chromium;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** WebSocket clients of other projects hold a whole {@link WebSocketConversation}; in full through each proxy, too. */
@Tag("process")
@Tag("clients")
class WebSocketClientsIT {
    private static final Path FILE = Path.of("target/websocket-clients.md");
    private static final Map<String, Map<String, String>> EXTENSIONS = new TreeMap<>();

    @Test
    void the_clients_of_java_and_node_js_hold_a_whole_conversation() throws Exception {
        try (ClientSite site = new ClientSite();
                TestCluster cluster = cluster("few", site)) {
            hold(cluster, site, addresses(cluster), List.of(WebSocketProgram.JDK, WebSocketProgram.BUILT_IN));
        }
    }

    @Tag("full")
    @Tag("chromium")
    @ParameterizedTest
    @EnumSource
    void every_client_holds_a_whole_conversation(ClientRoute.Kind kind) throws Exception {
        try (ClientSite site = new ClientSite();
                Chromium chromium = new Chromium();
                TestCluster cluster = cluster(kind.name().toLowerCase(Locale.ROOT), site);
                ClientRoute route = ClientRoute.open(kind, addresses(cluster))) {
            List<URI> entries = List.of(route.entry(0), route.entry(1));
            Map<String, String> extensions = hold(
                    cluster,
                    site,
                    entries,
                    Arrays.stream(WebSocketProgram.values())
                            .filter(WebSocketProgram::isThere)
                            .toList());
            try (WebSocketClient browser = new ChromiumWebSocket(chromium, site)) {
                String agreed = new WebSocketConversation(cluster, browser, "chromium", site.url())
                        .hold(entries.get(0), entries.get(1), false);
                assertThat(agreed).contains("permessage-deflate");
                extensions.put("Chromium", agreed);
            }
            EXTENSIONS.put(kind.title(), extensions);
        }
        Files.writeString(FILE, table());
    }

    private static TestCluster cluster(String name, ClientSite site) {
        return new TestCluster(
                "memory://websocket-clients-" + name,
                2,
                Map.of("anonymous", "false", "ping-interval", "1s", "cors-origins", site.url()));
    }

    private static List<URI> addresses(TestCluster cluster) {
        return cluster.nodes().stream()
                .map(node -> URI.create("http://127.0.0.1:" + node.port()))
                .toList();
    }

    /** All at once; the agreed extensions of each. */
    private static Map<String, String> hold(
            TestCluster cluster, ClientSite site, List<URI> entries, List<WebSocketProgram> programs) throws Exception {
        Map<WebSocketProgram, Future<String>> running = new LinkedHashMap<>();
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            for (WebSocketProgram program : programs) {
                running.put(program, threads.submit(() -> {
                    try (WebSocketClient client = program.start()) {
                        String name = program.name().toLowerCase(Locale.ROOT);
                        return new WebSocketConversation(cluster, client, name, site.url())
                                .hold(entries.get(0), entries.get(1), program.pings());
                    }
                }));
            }
        }
        Map<String, String> extensions = new LinkedHashMap<>();
        for (Map.Entry<WebSocketProgram, Future<String>> one : running.entrySet()) {
            WebSocketProgram program = one.getKey();
            String agreed = one.getValue().get();
            extensions.put(program.title(), agreed);
            if (program.compresses()) {
                assertThat(agreed).as(program.title()).contains("permessage-deflate");
            }
        }
        return extensions;
    }

    private static String table() {
        StringBuilder text = new StringBuilder("Agreed extensions, by route\n\n");
        EXTENSIONS.forEach((route, clients) -> {
            text.append("## ").append(route).append("\n\n");
            clients.forEach((client, agreed) ->
                    text.append("- ").append(client).append(": ").append(agreed).append('\n'));
        });
        return text.toString();
    }
}
