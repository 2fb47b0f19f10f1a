package dev.carillon.app;

import static org.assertj.core.api.Assertions.assertThat;

import dev.carillon.node.TestCluster;
import dev.carillon.page.Page;
import dev.carillon.page.Signal;
import dev.carillon.scope.Scope;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Two users whose requests come in turn, over one connection to a node with one I/O thread. */
class TwoUsersIT {
    private final App app = Carillon.app(AppOptions.defaults().actionsPerSecond(1_000))
            .page("/basket", TwoUsersIT::basket)
            .page("/fail", page -> {
                Signal<Integer> items = page.shared(page.user().orElseThrow(), "items", 0);
                page.view(page.user().orElseThrow(), "items", () -> {
                    throw new IllegalStateException("for " + items.get());
                });
            });
    private final TestCluster cluster =
            new TestCluster("memory://" + UUID.randomUUID(), 1, Map.of("io-threads", "1"), app);
    private final Map<String, String> cookies = new HashMap<>();

    private static void basket(Page page) {
        Scope user = page.user().orElseThrow();
        Signal<Integer> items = page.shared(user, "items", 0);
        Signal<Integer> visits = page.shared(page.session(), "visits", 0);
        page.action("buy", () -> {
            items.update(n -> n + 1);
            visits.update(n -> n + 1);
        });
        page.view(user, "items", () -> user.name() + " has " + items.text());
        page.view("visits", visits::text);
    }

    @AfterEach
    void close() {
        cluster.close();
    }

    private HttpRequest.Builder request(String user, String path) {
        HttpRequest.Builder request = HttpRequest.newBuilder(
                        URI.create("http://127.0.0.1:" + cluster.node(0).port() + path))
                .header("Accept", "text/html")
                .header("Authorization", "Bearer " + TestCluster.tokenOf(user, "acme"));
        String cookie = cookies.get(user);
        return cookie == null ? request : request.header("Cookie", cookie);
    }

    private HttpResponse<String> load(String user, String path) {
        HttpResponse<String> answer = TestCluster.send(request(user, path).build());
        answer.headers().firstValue("Set-Cookie").ifPresent(cookie -> cookies.put(user, cookie.split(";", 2)[0]));
        return answer;
    }

    @Test
    void each_sees_only_what_is_theirs() {
        Map<String, Integer> bought = new HashMap<>();
        for (int i = 0; i < 30; i++) {
            for (String user : List.of("ann", "bob", "ann")) {
                int count = bought.merge(user, 1, Integer::sum) - 1;
                assertThat(load(user, "/fail").statusCode()).isEqualTo(500);
                String page = load(user, "/basket").body();
                assertThat(page)
                        .contains("<div id=\"items\">" + user + " has " + count + "</div>")
                        .contains("<div id=\"visits\">" + count + "</div>");
                HttpResponse<String> answer = TestCluster.send(request(user, "/_pages/action/buy")
                        .header("Content-Type", "application/x-www-form-urlencoded")
                        .POST(HttpRequest.BodyPublishers.ofString("_context=" + PageClient.contextOf(page)))
                        .build());
                assertThat(answer.statusCode()).isEqualTo(303);
            }
        }
        assertThat(bought).containsEntry("ann", 60).containsEntry("bob", 30);
    }
}
