package dev.carillon.spring;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.carillon.client.Broadcast;
import dev.carillon.client.CarillonClient;
import dev.carillon.junit.CarillonNode;
import dev.carillon.node.TestCluster;
import dev.carillon.scope.Scope;
import dev.carillon.testkit.SseClient;
import java.net.URI;
import java.net.http.HttpRequest;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** The application of docs/spring.md. */
class ShopIT {
    @RegisterExtension
    static final CarillonNode CARILLON = CarillonNode.inMemory().build();

    @Test
    void page_receives_what_a_controller_broadcasts_and_resumes_and_health_is_up() throws Exception {
        try (Shop shop = Shop.start(CARILLON)) {
            await().until(() -> shop.emitters().isConnected());
            String last;
            try (SseClient page = SseClient.open(shop.port(), "/orders/7/events")) {
                page.opened();
                assertThat(page.header("Content-Type")).startsWith("text/event-stream");

                TestCluster.send(
                        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + shop.port() + "/orders/7/sent"))
                                .POST(HttpRequest.BodyPublishers.noBody())
                                .build());

                page.await(2);
                assertThat(page.all().get(1).type()).isEqualTo("status");
                assertThat(page.data()).containsExactly("{\"status\":\"sent\"}");
                CARILLON.broadcasts()
                        .expect(Scope.topic("orders/7"))
                        .type("status")
                        .once();
                last = Objects.requireNonNull(page.all().get(1).id());
            }
            CarillonClient client = shop.context().getBean(CarillonClient.class);
            client.broadcast(Broadcast.to("topic:orders/8").data("of another order"));
            client.broadcast(Broadcast.to("topic:orders/7").data("missed, in\ntwo lines: ü"));
            try (SseClient page = SseClient.open(shop.port(), "/orders/7/events", Map.of("Last-Event-ID", last))) {
                page.await(2);
                client.broadcast(Broadcast.to("topic:orders/7").data("live"));
                page.awaitData("live");
                assertThat(page.data()).containsExactly("missed, in\ntwo lines: ü", "live");
            }
            assertThat(TestCluster.get(shop.port(), "/actuator/health").body())
                    .contains("\"carillon\":{")
                    .contains("\"connected\":true")
                    .startsWith("{\"components\"")
                    .contains("\"status\":\"UP\"")
                    .doesNotContain("DOWN");
        }
    }
}
