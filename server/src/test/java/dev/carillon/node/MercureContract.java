package dev.carillon.node;

import static dev.carillon.node.Hub.bearer;
import static dev.carillon.node.Hub.encoded;
import static dev.carillon.node.Hub.publish;
import static dev.carillon.node.Hub.subscription;
import static dev.carillon.node.Hub.token;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.carillon.broker.Broker;
import dev.carillon.broker.Brokers;
import dev.carillon.broker.PatientOptions;
import dev.carillon.scope.Event;
import dev.carillon.scope.Scope;
import dev.carillon.testkit.SseClient;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** What the Mercure protocol asks of a hub, from a hub of three nodes, whatever the broker. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
public abstract class MercureContract {
    private static final int UPDATES = Boolean.getBoolean("carillon.full") ? 20_000 : 500;
    /** More than the newest ten thousand. */
    private static final int FAR = 11_000;

    private final List<AutoCloseable> clients = new ArrayList<>();
    private @Nullable TestCluster cluster;

    /** The address of the broker, started before. */
    protected abstract String broker();

    /** Whether the log outlives the nodes. */
    protected boolean outlivesNodes() {
        return true;
    }

    @BeforeAll
    void start() {
        cluster = new TestCluster(broker(), 3, Map.of());
    }

    @AfterAll
    void stop() {
        Objects.requireNonNull(cluster).close();
    }

    @AfterEach
    void closeClients() throws Exception {
        for (AutoCloseable client : clients) {
            client.close();
        }
        clients.clear();
    }

    @Test
    void five_updates_of_which_four_match_are_the_same_bytes_for_three_clients() {
        String target = subscription("https://bytes.test/books/{id}", "https://bytes.test/other");
        List<StreamBytes> three = IntStream.range(0, 3)
                .mapToObj(i -> {
                    StreamBytes stream = StreamBytes.open(node(i).port(), target, Map.of());
                    clients.add(stream);
                    return stream;
                })
                .toList();

        publish(node(0), "topic", "https://bytes.test/books/1", "data", "one", "id", "urn:1");
        publish(node(1), "topic", "https://bytes.test/books/2", "data", "a\nb\r\nc\rd", "id", "2");
        publish(node(2), "topic", "https://bytes.test/films/3", "data", "not for them", "id", "3");
        publish(
                node(0),
                "topic",
                "https://bytes.test/elsewhere",
                "topic",
                "https://bytes.test/other",
                "data",
                "",
                "id",
                "4",
                "type",
                "message",
                "retry",
                "1500");
        publish(node(1), "topic", "https://bytes.test/books/5", "data", "ünïcode", "id", "5 ü", "type", "T");

        for (StreamBytes stream : three) {
            stream.await("id: 5 ü\ndata");
            stream.await("nïcode\n\n");
            assertThat(stream.body().replaceFirst("^:\nretry: [0-9]{3,4}\n\n", "(start)\n"))
                    .isEqualTo("""
                            (start)
                            id: urn:1
                            data: one

                            id: 2
                            data: a
                            data: b
                            data: c
                            data: d

                            event: message
                            retry: 1500
                            id: 4
                            data:\s

                            event: T
                            id: 5 ü
                            data: ünïcode

                            """);
            assertThat(stream.head())
                    .startsWith("HTTP/1.1 200 OK\r\n")
                    .contains("Content-Type: text/event-stream\r\n")
                    .contains("Cache-Control: private, no-cache, no-store, must-revalidate, max-age=0\r\n")
                    .contains("X-Accel-Buffering: no\r\n")
                    .contains("X-Content-Type-Options: nosniff\r\n")
                    .doesNotContain("Last-Event-ID");
        }
    }

    @Test
    void updates_of_all_nodes_come_in_one_order_by_topic_template_and_star() {
        List<SseClient> all = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            all.add(subscribe(i, null, "https://order.test/1", "https://order.test/2"));
            all.add(subscribe(i, null, "https://order.test/{n}"));
            all.add(subscribe(i, null, "https://order.test/{n}", "https://order.test/1", "{+any}"));
        }
        SseClient star = subscribe(1, null, "*");
        List<CompletableFuture<Void>> publishers = IntStream.range(0, 3)
                .mapToObj(p -> CompletableFuture.runAsync(
                        () -> {
                            for (int i = 0; i < 100; i++) {
                                publish(node(p), "topic", "https://order.test/" + (1 + i % 2), "data", p + "-" + i);
                            }
                        },
                        Thread::startVirtualThread))
                .toList();
        publishers.forEach(CompletableFuture::join);
        publish(node(0), "topic", "https://order.test/1", "data", "end");

        all.forEach(client -> client.awaitData("end"));
        star.awaitData("end");
        List<String> first = all.getFirst().data();
        assertThat(first).hasSize(301).doesNotHaveDuplicates();
        all.forEach(client -> assertThat(client.data()).isEqualTo(first));
        assertThat(star.data()).containsSubsequence(first);
    }

    @Test
    void a_private_update_reaches_those_alone_whose_token_covers_one_of_its_topics() {
        String users = "https://private.test/users/";
        String granted = token(List.of(), List.of(users + "22", users + "{id}/books", users + "23"));
        SseClient some = subscribe(1, granted, users + "{id}", "https://private.test/books/{id}");
        SseClient every = subscribe(2, token(List.of(), List.of("*")), users + "{id}");
        SseClient none = subscribe(0, null, users + "{id}", "*");
        for (int user = 21; user <= 23; user++) {
            publish(node(user % 3), "topic", users + user, "data", "" + user, "private", "");
        }
        // The selectors of query and token may match different topics of it.
        publish(
                node(0),
                "topic",
                "https://private.test/books/1",
                "topic",
                users + "9/books",
                "data",
                "b",
                "private",
                "on");
        publish(node(0), "topic", users + "end", "data", "end");

        List.of(some, every, none).forEach(client -> client.awaitData("end"));
        assertThat(some.data()).containsExactly("22", "23", "b", "end");
        assertThat(every.data()).containsExactly("21", "22", "23", "end");
        assertThat(none.data()).doesNotContain("21", "22", "23", "b");
    }

    @Test
    void missed_updates_come_by_header_and_by_each_name_of_the_parameter() {
        String topic = "https://missed.test/{n}";
        SseClient first = subscribe(0, null, topic);
        String id = publish(node(1), "topic", "https://missed.test/1", "data", "0");
        first.awaitData("0");
        first.close();
        for (int i = 1; i < 4; i++) {
            publish(node(2), "topic", "https://missed.test/" + i, "data", "" + i);
        }

        List<SseClient> again = new ArrayList<>();
        again.add(open(1, subscription(topic), Map.of("Last-Event-ID", id)));
        for (String name : List.of("lastEventID", "last_event_id", "Last-Event-ID", "lastEventId")) {
            String given = subscription(topic) + "&" + name + "=" + encoded(id);
            again.add(open(2, given, Map.of()));
            // An empty one counts as none, and of several the first.
            again.add(open(2, given + "&" + name + "=earliest", Map.of("Last-Event-ID", "")));
        }
        publish(node(0), "topic", "https://missed.test/4", "data", "4");

        for (SseClient client : again) {
            client.awaitData("4");
            assertThat(client.data()).containsExactly("1", "2", "3", "4");
            assertThat(client.header("Last-Event-ID")).isEqualTo(id);
            assertThat(client.header("Mercure-Last-Event-ID")).isEqualTo(id);
        }
    }

    @Test
    void earliest_is_all_that_is_kept() {
        for (int i = 0; i < 3; i++) {
            publish(node(i), "topic", "https://earliest.test/" + i, "data", "" + i);
        }
        for (String topic : List.of("https://earliest.test/{n}", "https://earliest.test/1")) {
            SseClient client = open(2, subscription(topic) + "&lastEventID=earliest", Map.of());
            publish(node(0), "topic", "https://earliest.test/1", "data", "now by " + topic);
            client.awaitData("now by " + topic);
            assertThat(client.data()).startsWith(topic.endsWith("1") ? "1" : "0");
            assertThat(client.header("Last-Event-ID")).isEqualTo("earliest");
            assertThat(client.all()).noneMatch(event -> "carillon.gap".equals(event.type()));
        }
    }

    @Test
    void repeated_id_is_published_again_and_a_subscriber_resumes_after_the_first() {
        String topic = "https://again.test/{n}";
        String mallory = token(List.of("https://mallory.test/1"), List.of());
        for (String data : List.of("1", "2", "2")) {
            assertThat(publish(node(0), "topic", "https://again.test/1", "id", "same", "data", data))
                    .isEqualTo("same");
        }
        assertThat(Hub.post(node(1), mallory, "topic", "https://mallory.test/1", "id", "same", "data", "x")
                        .statusCode())
                .isEqualTo(200);
        publish(node(1), "topic", "https://again.test/2", "data", "3");

        for (SseClient client : List.of(
                open(1, subscription(topic), Map.of("Last-Event-ID", "same")),
                open(
                        2,
                        subscription("https://again.test/1", "https://again.test/2"),
                        Map.of("Last-Event-ID", "same")))) {
            client.awaitData("3");
            assertThat(client.data()).containsExactly("2", "2", "3");
            assertThat(client.header("Last-Event-ID")).isEqualTo("same");
        }
    }

    @Test
    void a_publication_with_an_idempotency_key_is_delivered_once() {
        Map<String, String> headers =
                Map.of("Authorization", "Bearer " + token(List.of("*"), List.of()), "Idempotency-Key", "publication 1");
        SseClient client = subscribe(0, null, "https://key.test/1");
        String body = "topic=https://key.test/1&data=1";

        HttpResponse<String> first = Hub.post(node(0), headers, body);
        HttpResponse<String> again = Hub.post(node(1), headers, body);
        HttpResponse<String> other = Hub.post(node(2), headers, body.replace("data=1", "data=2"));
        publish(node(0), "topic", "https://key.test/1", "data", "end");

        client.awaitData("end");
        assertThat(client.data()).containsExactly("1", "end");
        assertThat(again.body()).isEqualTo(first.body()).startsWith("urn:uuid:");
        assertThat(other.statusCode()).isEqualTo(409);
        assertThat(other.body()).contains("id-conflict").contains("publication 1");
    }

    @Test
    void an_id_that_is_not_known_is_answered_with_earliest_and_what_is_new() {
        publish(node(0), "topic", "https://unknown.test/1", "data", "old");
        SseClient client = open(1, subscription("https://unknown.test/1"), Map.of("Last-Event-ID", "urn:nobody"));
        publish(node(2), "topic", "https://unknown.test/1", "data", "new");

        client.awaitData("new");
        assertThat(client.data()).containsExactly("new");
        assertThat(client.header("Last-Event-ID")).isEqualTo("earliest");
    }

    @Test
    void the_id_of_a_private_update_is_not_named_to_who_may_not_read_it() {
        String topic = "https://secret.test/1";
        publish(node(0), "topic", topic, "data", "x", "id", "the secret", "private", "on");
        publish(node(0), "topic", topic, "data", "public");

        SseClient stranger = open(1, subscription(topic), Map.of("Last-Event-ID", "the secret"));
        SseClient reader = subscribe(2, token(List.of(), List.of(topic)), topic + "&lastEventID=the+secret");

        stranger.awaitData("public");
        reader.awaitData("public");
        assertThat(stranger.header("Last-Event-ID")).isNull();
        assertThat(stranger.header("Mercure-Last-Event-ID")).isNull();
        assertThat(reader.header("Last-Event-ID")).isEqualTo("the secret");
    }

    @Test
    void replay_asks_the_token_of_now() {
        String topic = "https://again.test/1";
        String id = publish(node(0), "topic", topic, "data", "0");
        publish(node(0), "topic", topic, "data", "gold", "private", "on");
        publish(node(0), "topic", topic, "data", "end");

        SseClient without = open(1, subscription(topic), Map.of("Last-Event-ID", id));
        SseClient with =
                subscribe(1, token(List.of(), List.of("https://again.test/{x}")), topic + "&lastEventID=" + id);

        without.awaitData("end");
        with.awaitData("end");
        assertThat(without.data()).containsExactly("end");
        assertThat(with.data()).containsExactly("gold", "end");
    }

    @Test
    void subscribers_that_reconnect_repeatedly_under_traffic_have_every_update_once_in_order() throws Exception {
        String id = publish(node(0), "topic", "https://churn.test/0", "data", "0");
        List<CompletableFuture<List<String>>> seen = new ArrayList<>();
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            for (int i = 0; i < 9; i++) {
                int number = i;
                seen.add(CompletableFuture.supplyAsync(() -> churn(number, id), threads));
            }
            for (int i = 1; i < UPDATES; i++) {
                publish(node(i % 3), "topic", "https://churn.test/" + i % 7, "data", "" + i);
            }
            for (CompletableFuture<List<String>> one : seen) {
                assertThat(one.get())
                        .isEqualTo(IntStream.range(1, UPDATES)
                                .mapToObj(Integer::toString)
                                .toList());
            }
        }
    }

    private List<String> churn(int number, String from) {
        String[] topics = number % 2 == 0
                ? new String[] {"https://churn.test/{n}"}
                : IntStream.range(0, 7).mapToObj(n -> "https://churn.test/" + n).toArray(String[]::new);
        List<String> data = new ArrayList<>();
        String last = from;
        for (int round = number; data.size() < UPDATES - 1; round++) {
            int wanted = Math.min(40 + number, UPDATES - 1 - data.size());
            try (SseClient client =
                    SseClient.open(node(round % 3).port(), subscription(topics), Map.of("Last-Event-ID", last))) {
                client.await(wanted);
                for (SseClient.Received event : client.all()) {
                    assertThat(event.type()).isNull();
                    data.add(event.data());
                    last = String.valueOf(event.id());
                }
            }
        }
        return data;
    }

    @Test
    void an_id_older_than_the_newest_ten_thousand_is_found() throws Exception {
        String id = publish(node(0), "topic", "https://far.test/0", "data", "begin", "id", "far away");
        try (Broker direct = Brokers.open(broker(), PatientOptions.of("mercure-it"))) {
            for (int i = 1; i < FAR; i += 200) {
                CompletableFuture.allOf(IntStream.range(i, Math.min(i + 200, FAR))
                                .mapToObj(n -> Event.to(Scope.topic("https://far.test/" + n % 10))
                                        .data("" + n)
                                        .build())
                                .map(event -> direct.channel().broadcast(event).toCompletableFuture())
                                .toArray(CompletableFuture<?>[]::new))
                        .get();
            }
        }

        SseClient byTopic = open(1, subscription("https://far.test/0"), Map.of("Last-Event-ID", id));
        SseClient byTemplate = open(2, subscription("https://far.test/{n}"), Map.of("Last-Event-ID", id));

        byTemplate.awaitData("" + (FAR - 1));
        byTopic.awaitData("" + (FAR - 10));
        assertThat(byTemplate.data())
                .isEqualTo(IntStream.range(1, FAR).mapToObj(Integer::toString).toList());
        assertThat(byTopic.data())
                .isEqualTo(IntStream.range(1, FAR)
                        .filter(n -> n % 10 == 0)
                        .mapToObj(Integer::toString)
                        .toList());
    }

    @Test
    void history_outlives_the_nodes_and_is_there_before_anything_new_is_published() {
        if (!outlivesNodes()) {
            // Told by its contract: nothing to be had.
            assertThat(broker()).startsWith("memory");
            return;
        }
        String id;
        try (TestCluster before = new TestCluster(broker(), 1, Map.of())) {
            id = publish(before.node(0), "topic", "https://anew.test/1", "data", "0");
            publish(before.node(0), "topic", "https://anew.test/1", "data", "1");
        }
        try (TestCluster anew = new TestCluster(broker(), 1, Map.of())) {
            SseClient client = SseClient.open(
                    anew.node(0).port(), subscription("https://anew.test/{n}"), Map.of("Last-Event-ID", id));
            clients.add(client);
            client.awaitData("1");
            assertThat(client.data()).containsExactly("1");
        }
    }

    @Test
    void subscriptions_of_all_nodes_are_listed_and_their_starts_and_ends_are_announced() {
        String all = "/.well-known/mercure/subscriptions";
        String token = token(List.of("*"), List.of(all, all + "{/topic}{/subscriber}"));
        try (TestCluster telling = new TestCluster(broker(), 3, Map.of("mercure-subscriptions", "true"));
                SseClient watcher = SseClient.open(
                        telling.node(1).port(), subscription(all + "/{topic}/{subscriber}"), bearer(token));
                SseClient stranger =
                        SseClient.open(telling.node(1).port(), subscription(all + "/{topic}/{subscriber}"))) {
            SseClient one = SseClient.open(telling.node(0).port(), subscription("https://told.test/{x}"));
            await().until(() -> told(watcher, "https://told.test/{x}", true) == 1);
            HttpResponse<String> list = TestCluster.send(HttpRequest.newBuilder(
                            URI.create("http://127.0.0.1:" + telling.node(2).port() + all))
                    .header("Authorization", "Bearer " + token)
                    .build());
            assertThat(list.statusCode()).isEqualTo(200);
            assertThat(list.headers().firstValue("Content-Type")).contains("application/ld+json");
            assertThat(list.headers().firstValue("ETag")).isPresent();
            assertThat(list.body()).contains("\"topic\":\"https://told.test/{x}\"", "\"active\":true");

            one.close();
            await().until(() -> told(watcher, "https://told.test/{x}", false) == 1);
            SseClient two = SseClient.open(telling.node(2).port(), subscription("https://told.test/stopped"));
            clients.add(two);
            await().until(() -> told(watcher, "https://told.test/stopped", true) == 1);
            telling.node(2).close();
            await().until(() -> told(watcher, "https://told.test/stopped", false) == 1);
            assertThat(stranger.data()).isEmpty();
        }
    }

    private static long told(SseClient watcher, String topic, boolean active) {
        return watcher.data().stream()
                .filter(json -> json.contains("\"topic\":\"" + topic + "\"") && json.contains("\"active\":" + active))
                .count();
    }

    private Node node(int index) {
        return Objects.requireNonNull(cluster).node(index);
    }

    private SseClient subscribe(int node, @Nullable String token, String... topics) {
        return open(node, raw(topics), token == null ? Map.of() : bearer(token));
    }

    /** A topic may bring further parameters with it. */
    private static String raw(String... topics) {
        StringBuilder target = new StringBuilder(subscription());
        for (String topic : topics) {
            int and = topic.indexOf("&");
            target.append("&topic=")
                    .append(encoded(and < 0 ? topic : topic.substring(0, and)))
                    .append(and < 0 ? "" : topic.substring(and));
        }
        return target.toString().replace("?&", "?");
    }

    private SseClient open(int node, String target, Map<String, String> headers) {
        SseClient client = SseClient.open(node(node).port(), target, headers);
        clients.add(client);
        return client;
    }
}
