package dev.carillon.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Repeats of broadcasts, to a server whose answers are given. */
class BroadcastingIT {
    private record Answer(int status, String body) {}

    private record Request(String token, String key, String body) {}

    private static final Answer DRAINING = new Answer(503, "{\"code\":\"draining\",\"detail\":\"x\"}");
    private static final Answer NO_BROKER = new Answer(503, "{\"code\":\"broker-unavailable\",\"detail\":\"x\"}");

    private final Queue<Answer> answers = new ArrayDeque<>();
    private final Queue<Request> requests = new ConcurrentLinkedQueue<>();
    private final FakeTiming timing = new FakeTiming();
    private final Queue<String> tokens = new ConcurrentLinkedQueue<>();
    private HttpServer server;
    private CarillonClient client;

    @BeforeEach
    void start() throws IOException {
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/push/broadcast", this::answer);
        server.start();
        client = CarillonClient.builder(
                        URI.create("http://127.0.0.1:" + server.getAddress().getPort() + "/push"))
                .token(() -> tokens.size() > 1 ? tokens.poll() : tokens.peek())
                .build(timing);
    }

    @AfterEach
    void stop() {
        client.close();
        server.stop(0);
    }

    private synchronized void answer(HttpExchange exchange) throws IOException {
        requests.add(new Request(
                String.valueOf(exchange.getRequestHeaders().getFirst("Authorization")),
                String.valueOf(exchange.getRequestHeaders().getFirst("Idempotency-Key")),
                new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8)));
        Answer answer = answers.size() > 1 ? answers.remove() : answers.element();
        if (answer.status() == 0) {
            exchange.close();
            return;
        }
        if (answer.status() == 429) {
            exchange.getResponseHeaders().set("Retry-After", "5");
        }
        byte[] body = answer.body().getBytes(StandardCharsets.UTF_8);
        exchange.sendResponseHeaders(answer.status(), body.length);
        exchange.getResponseBody().write(body);
        exchange.close();
    }

    @Test
    void broadcast_is_repeated_with_its_key_after_refusals_and_lost_answers() throws InterruptedException {
        Collections.addAll(
                answers, DRAINING, new Answer(0, ""), new Answer(429, "{}"), new Answer(200, "{\"id\":\"urn:x\"}"));

        assertThat(client.broadcast(Broadcast.to("topic:a").data("x"))).isEqualTo("urn:x");

        assertThat(requests).hasSize(4).extracting(Request::key).containsOnly("key-1");
        assertThat(requests.stream().distinct()).hasSize(1);
        assertThat(timing.pauses).contains(Duration.ofSeconds(20));
    }

    @Test
    void own_id_replaces_the_key_and_what_is_refused_for_good_is_not_repeated() {
        answers.add(new Answer(403, "{\"code\":\"not-granted\",\"detail\":\"no\"}"));

        ClientException refused = catchThrowableOfType(
                ClientException.class,
                () -> client.broadcast(Broadcast.to("topic:a").id("mine")));

        assertThat(refused.code()).isEqualTo("not-granted");
        assertThat(refused.isOutcomeUnknown()).isFalse();
        assertThat(requests).hasSize(1).extracting(Request::key).containsExactly("null");
    }

    @Test
    void error_after_the_time_limit_says_whether_the_event_may_have_been_broadcast() {
        answers.add(DRAINING);
        ClientException unknown =
                catchThrowableOfType(ClientException.class, () -> client.broadcast(Broadcast.to("topic:a")));
        assertThat(unknown.isOutcomeUnknown()).isTrue();
        assertThat(timing.pauses.stream().mapToLong(Duration::toMillis).sum()).isBetween(10_000L, 30_000L);

        server.stop(0);
        ClientException never =
                catchThrowableOfType(ClientException.class, () -> client.broadcast(Broadcast.to("topic:a")));
        assertThat(never.code()).isEqualTo(ClientException.UNREACHABLE);
        assertThat(never.isOutcomeUnknown()).isFalse();
    }

    @Test
    void refused_token_is_replaced_once() throws InterruptedException {
        Collections.addAll(tokens, "old", "new");
        Answer expired = new Answer(401, "{\"code\":\"token-expired\",\"detail\":\"x\"}");
        Collections.addAll(answers, expired, new Answer(200, "{\"id\":\"1\"}"), expired);

        assertThat(client.broadcast(Broadcast.to("topic:a"))).isEqualTo("1");
        assertThat(requests).extracting(Request::token).containsExactly("Bearer old", "Bearer new");
        assertThat(catchThrowableOfType(ClientException.class, () -> client.broadcast(Broadcast.to("topic:a")))
                        .code())
                .isEqualTo("token-expired");
    }

    @Test
    void second_refusal_ends_a_broadcast_whose_supplier_returns_another_token_at_each_call() {
        for (int i = 1; i <= 20; i++) {
            tokens.add("t" + i);
        }
        answers.add(new Answer(401, "{\"code\":\"token-invalid\",\"detail\":\"x\"}"));

        ClientException refused =
                catchThrowableOfType(ClientException.class, () -> client.broadcast(Broadcast.to("topic:a")));

        assertThat(refused.code()).isEqualTo("token-invalid");
        assertThat(refused.isOutcomeUnknown()).isFalse();
        assertThat(requests).extracting(Request::token).containsExactly("Bearer t1", "Bearer t2");
    }

    @Test
    void refusal_after_a_lost_answer_says_that_the_event_may_have_been_broadcast() {
        Collections.addAll(answers, NO_BROKER, new Answer(403, "{\"code\":\"not-granted\",\"detail\":\"no\"}"));

        ClientException refused =
                catchThrowableOfType(ClientException.class, () -> client.broadcast(Broadcast.to("topic:a")));

        assertThat(refused.code()).isEqualTo("not-granted");
        assertThat(refused.isOutcomeUnknown()).isTrue();
    }

    @Test
    void batch_is_repeated_as_a_whole_while_parts_of_it_are_refused_for_the_moment() throws InterruptedException {
        String refused = "{\"status\":403,\"code\":\"not-granted\",\"detail\":\"no\"}";
        answers.add(new Answer(
                207,
                "{\"results\":[{\"id\":\"1\"}," + refused
                        + ",{\"status\":503,\"code\":\"overloaded\",\"detail\":\"x\"}]}"));
        answers.add(new Answer(207, "{\"results\":[{\"id\":\"1\"}," + refused + ",{\"id\":\"3\"}]}"));

        List<BroadcastResult> results =
                client.broadcast(List.of(Broadcast.to("topic:a"), Broadcast.to("topic:b"), Broadcast.to("topic:c")));

        assertThat(requests.stream().distinct()).hasSize(1);
        assertThat(requests).hasSize(2);
        assertThat(results).extracting(BroadcastResult::isAccepted).containsExactly(true, false, true);
        assertThat(new ArrayList<>(results).get(2).id()).hasValue("3");
        answers.add(NO_BROKER);
    }
}
