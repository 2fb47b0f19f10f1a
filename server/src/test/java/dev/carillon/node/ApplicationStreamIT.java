package dev.carillon.node;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.carillon.base.CarillonException;
import dev.carillon.base.CloseReason;
import dev.carillon.base.ErrorCode;
import dev.carillon.extension.ClientStream;
import dev.carillon.extension.Extension;
import dev.carillon.extension.ExtensionContext;
import dev.carillon.extension.Request;
import dev.carillon.extension.Response;
import dev.carillon.extension.StreamOpening;
import dev.carillon.scope.Scope;
import dev.carillon.testkit.SseClient;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** An application's own endpoint, written against the public API alone. */
class ApplicationStreamIT {
    /** The orders that a kitchen looks at: its screen opens a stream, and the cook chooses tables. */
    private static final class Kitchen implements Extension {
        private final Map<String, ClientStream> screens = new ConcurrentHashMap<>();
        private final List<CloseReason> closed = new CopyOnWriteArrayList<>();

        @Override
        public AutoCloseable start(ExtensionContext node) {
            node.stream("/kitchen/{name}/orders", request -> {
                String name = request.pathParameter("name");
                return StreamOpening.of(Scope.topic("kitchen/" + name))
                        .onOpen(screen -> screens.put(name, screen))
                        .onClose((screen, reason) -> closed.add(reason));
            });
            node.post("/kitchen/{name}/tables/{table}", request -> {
                screen(request.pathParameter("name"))
                        .subscribe(
                                List.of(table(request.pathParameter("table"))),
                                request.parameter("after").orElse(null))
                        .toCompletableFuture()
                        .get();
                return Response.noContent();
            });
            node.route("DELETE", "/kitchen/{name}/tables/{table}", request -> {
                screen(request.pathParameter("name"))
                        .unsubscribe(table(request.pathParameter("table")))
                        .toCompletableFuture()
                        .get();
                return Response.noContent();
            });
            node.post("/kitchen/{name}/close", request -> {
                screen(request.pathParameter("name")).close(CloseReason.APPLICATION);
                return Response.text("good night");
            });
            return screens::clear;
        }

        private static Scope table(String name) {
            return Scope.topic("table/" + name);
        }

        private ClientStream screen(String name) {
            return Optional.ofNullable(screens.get(name))
                    .orElseThrow(() -> new CarillonException(ErrorCode.NOT_FOUND, "no screen is open there"));
        }
    }

    private final Kitchen kitchen = new Kitchen();
    private final TestCluster cluster = new TestCluster("memory://kitchen", 1, Map.of(), kitchen);

    @AfterEach
    void close() {
        cluster.close();
    }

    private HttpResponse<String> ask(String method, String target) {
        return TestCluster.send(HttpRequest.newBuilder(
                        URI.create("http://127.0.0.1:" + cluster.node(0).port() + target))
                .method(method, HttpRequest.BodyPublishers.noBody())
                .build());
    }

    private void order(String scope, String data) {
        TestCluster.broadcast(
                cluster.node(0),
                "{\"scope\":\"topic:" + scope + "\",\"data\":\"" + data + "\",\"id\":\"" + data + "\"}");
    }

    @Test
    void endpoint_of_an_application_opens_streams_changes_their_scopes_and_closes_them_with_a_reason() {
        order("table/7", "7-soup");
        order("table/7", "7-fish");
        try (SseClient screen = SseClient.open(cluster.node(0).port(), "/kitchen/north/orders")) {
            screen.await(1);
            await().until(() -> kitchen.screens.containsKey("north"));
            assertThat(ask("POST", "/kitchen/north/tables/7?after=7-soup").statusCode())
                    .isEqualTo(204);
            assertThat(ask("POST", "/kitchen/north/tables/8").statusCode()).isEqualTo(204);
            order("table/8", "8-tea");
            order("kitchen/north", "all-hands");
            assertThat(ask("DELETE", "/kitchen/north/tables/8").statusCode()).isEqualTo(204);
            order("table/8", "not-any-more");
            order("table/7", "7-cake");
            assertThat(ask("POST", "/kitchen/north/close").body()).isEqualTo("good night");

            await().until(screen::hasEnded);
            assertThat(screen.all())
                    .extracting(SseClient.Received::data)
                    .filteredOn(data -> !data.startsWith("{\"context\""))
                    .containsExactly("7-fish", "8-tea", "all-hands", "7-cake", "{\"reason\":\"application\"}");
            await().until(() -> kitchen.closed.equals(List.of(CloseReason.APPLICATION)));
        }
    }

    @Test
    void mistakes_of_clients_and_of_the_application_are_answered_with_problems() {
        assertThat(ask("POST", "/kitchen/south/close").statusCode()).isEqualTo(404);
        assertThat(ask("POST", "/kitchen/south/close").body()).contains("no screen is open there");
        assertThat(ask("PUT", "/kitchen/south/close").statusCode()).isEqualTo(405);
        try (SseClient screen = SseClient.open(cluster.node(0).port(), "/kitchen/a/orders")) {
            screen.await(1);
            await().until(() -> kitchen.screens.containsKey("a"));
            assertThat(ask("POST", "/kitchen/a/tables/7?after=x&after=y").statusCode())
                    .isEqualTo(400);
        }
    }

    @Test
    void error_of_a_handler_is_answered_and_a_temporary_refusal_lets_the_browser_reconnect() {
        List<Request> kept = new CopyOnWriteArrayList<>();
        Extension failing = node -> {
            node.get("/error", request -> {
                throw new AssertionError("by the test");
            });
            node.get("/headers", request -> {
                kept.add(request);
                String session = request.session();
                return Response.text(session).header("Set-Cookie", "own=1").header("Vary", "Cookie");
            });
            node.stream("/later", request -> {
                throw new CarillonException(ErrorCode.BROKER_UNAVAILABLE, "by the test");
            });
            node.stream("/mine", request -> StreamOpening.of(Scope.topic(request.session())));
            return () -> {};
        };
        try (TestCluster other = new TestCluster("memory://failing", 1, Map.of(), failing)) {
            int port = other.node(0).port();
            HttpResponse<String> error =
                    TestCluster.send(HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/error"))
                            .build());
            assertThat(error.statusCode()).isEqualTo(500);
            HttpResponse<String> headers =
                    TestCluster.send(HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/headers"))
                            .build());
            assertThat(headers.headers().allValues("Set-Cookie")).hasSize(2);
            assertThatThrownBy(() -> kept.getFirst().path()).isInstanceOf(IllegalStateException.class);
            try (SseClient later = SseClient.open(port, "/later");
                    SseClient mine = SseClient.open(port, "/mine")) {
                await().until(later::hasEnded);
                assertThat(later.status()).contains(" 200 ");
                assertThat(later.lastRetry()).isNotNull();
                mine.await(1);
                String session = mine.opening("session");
                TestCluster.broadcast(other.node(0), "{\"scope\":\"topic:" + session + "\",\"data\":\"yours\"}");
                mine.awaitData("yours");
            }
        }
    }
}
