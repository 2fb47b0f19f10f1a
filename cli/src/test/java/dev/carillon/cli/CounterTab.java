package dev.carillon.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.carillon.node.TestCluster;
import dev.carillon.testkit.SseClient;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.awaitility.Awaitility;

/** A tab with the example of a counter that all tabs share. Requests may go to any node, or to a proxy. */
final class CounterTab {
    private static final Pattern CONTEXT = Pattern.compile("name=\"_context\" value=\"([^\"]+)\"");
    private static final Pattern COUNT = Pattern.compile("<output>(\\d+)</output>");
    private static final String COUNTER = "/examples/counter";

    private final String context;
    private final String cookie;
    private int actions;

    /** Loads the page. */
    CounterTab(int port) {
        HttpResponse<String> page = TestCluster.send(HttpRequest.newBuilder(at(port, COUNTER))
                .header("Accept", "text/html")
                .build());
        Matcher found = CONTEXT.matcher(page.body());
        assertThat(found.find()).as(page.body()).isTrue();
        context = found.group(1);
        cookie = page.headers().allValues("Set-Cookie").stream()
                .map(value -> value.split(";", 2)[0])
                .filter(value -> value.startsWith("carillon_session"))
                .findFirst()
                .orElseThrow();
    }

    private static URI at(int port, String path) {
        return URI.create("http://127.0.0.1:" + port + path);
    }

    /**
     * Counts once, however often the request is sent until it is answered: it keeps its id.
     *
     * @param step empty: as the tab has it
     */
    void add(int port, String step) {
        String body = "_context=" + URLEncoder.encode(context, StandardCharsets.UTF_8) + "&_id=action" + actions++
                + (step.isEmpty() ? "" : "&step=" + step);
        Awaitility.await().untilAsserted(() -> {
            HttpResponse<String> answer =
                    TestCluster.send(HttpRequest.newBuilder(at(port, "/examples/_pages/action/add"))
                            .header("Cookie", cookie)
                            .header("Content-Type", "application/x-www-form-urlencoded")
                            .header("Accept", "text/vnd.turbo-stream.html")
                            .header("Origin", "http://127.0.0.1:" + port)
                            .POST(HttpRequest.BodyPublishers.ofString(body))
                            .build());
            assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
        });
    }

    SseClient open(int port) {
        return SseClient.open(port, "/examples/_pages/stream?context=" + context, Map.of("Cookie", cookie))
                .opened();
    }

    static void awaitCount(int port, int count) {
        Awaitility.await().untilAsserted(() -> {
            Matcher found = COUNT.matcher(TestCluster.get(port, COUNTER).body());
            assertThat(found.find()).isTrue();
            assertThat(found.group(1)).isEqualTo(Integer.toString(count));
        });
    }
}
