package dev.carillon.node;

import static org.assertj.core.api.Assertions.assertThat;

import dev.carillon.extension.ExtensionContext;
import dev.carillon.extension.Response;
import dev.carillon.scope.Tenant;
import dev.carillon.session.SessionData;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** An application that counts the visits of each session, on two nodes. */
class SessionDataIT {
    private final TestCluster cluster = new TestCluster("memory://session-data", 2, Map.of(), SessionDataIT::visits);

    private static AutoCloseable visits(ExtensionContext node) {
        node.get("/visits", request -> count(node, request.session()));
        node.get("/fill", request -> {
            node.sessionData()
                    .update(Tenant.DEFAULT, request.session(), data -> {
                        data.put("big", "x".repeat(SessionData.MAX_BYTES));
                        return data;
                    })
                    .toCompletableFuture()
                    .join();
            return Response.text("done");
        });
        return () -> {};
    }

    private static Response count(ExtensionContext node, String session) {
        Map<String, String> counted = node.sessionData()
                .update(Tenant.DEFAULT, session, data -> {
                    data.merge("visits", "1", (x, y) -> Integer.toString(Integer.parseInt(x) + 1));
                    return data;
                })
                .toCompletableFuture()
                .join();
        return Response.text(String.valueOf(counted.get("visits")));
    }

    @AfterEach
    void close() {
        cluster.close();
    }

    @Test
    void every_node_has_what_another_wrote_and_it_outlives_that_node() {
        HttpResponse<String> first = get(0, "/visits", null);
        assertThat(first.body()).isEqualTo("1");
        String cookie = first.headers().firstValue("Set-Cookie").orElseThrow().split(";", 2)[0];

        assertThat(get(1, "/visits", cookie).body()).isEqualTo("2");
        assertThat(get(1, "/visits", null).body()).isEqualTo("1");
        cluster.node(0).close();
        HttpResponse<String> third = get(1, "/visits", cookie);
        assertThat(third.body()).isEqualTo("3");
        assertThat(third.headers().firstValue("Set-Cookie")).isEmpty();
    }

    @Test
    void writers_at_the_same_time_lose_nothing() {
        String cookie = get(0, "/visits", null)
                .headers()
                .firstValue("Set-Cookie")
                .orElseThrow()
                .split(";", 2)[0];
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            List<CompletableFuture<String>> visits = IntStream.range(0, 20)
                    .mapToObj(i -> CompletableFuture.supplyAsync(
                            () -> get(i % 2, "/visits", cookie).body(), threads))
                    .toList();
            assertThat(visits.stream().map(CompletableFuture::join).map(Integer::parseInt))
                    .containsExactlyInAnyOrderElementsOf(
                            IntStream.rangeClosed(2, 21).boxed().toList());
        }
    }

    @Test
    void more_than_a_session_may_hold_is_refused() {
        HttpResponse<String> response = get(0, "/fill", null);

        assertThat(response.statusCode()).isEqualTo(413);
        assertThat(response.body()).contains("too-large", "16384 bytes");
    }

    private HttpResponse<String> get(int node, String target, @Nullable String cookie) {
        HttpRequest.Builder request = HttpRequest.newBuilder(
                URI.create("http://127.0.0.1:" + cluster.node(node).port() + target));
        if (cookie != null) {
            request.header("Cookie", cookie);
        }
        return TestCluster.send(request.build());
    }
}
