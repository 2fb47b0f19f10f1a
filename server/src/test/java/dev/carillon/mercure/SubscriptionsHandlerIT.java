package dev.carillon.mercure;

import static dev.carillon.broker.RecordingNode.get;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.carillon.auth.RefusedException;
import dev.carillon.base.ErrorCode;
import dev.carillon.base.Platform;
import dev.carillon.broker.Broker;
import dev.carillon.broker.BrokerOptions;
import dev.carillon.broker.Brokers;
import dev.carillon.broker.memory.MemoryOutage;
import dev.carillon.edge.Networks;
import dev.carillon.http.Admission;
import dev.carillon.http.HttpConfig;
import dev.carillon.http.HttpServer;
import dev.carillon.http.Limits;
import dev.carillon.http.Origins;
import dev.carillon.http.RequestLog;
import dev.carillon.http.Requests;
import dev.carillon.http.SiteConfig;
import dev.carillon.scope.Event;
import dev.carillon.scope.Scope;
import dev.carillon.scope.Tenant;
import dev.carillon.secret.Secrets;
import dev.carillon.subscriptions.ActiveSubscriptions;
import dev.carillon.subscriptions.Subscriber;
import dev.carillon.testkit.Patience;
import io.undertow.server.HttpServerExchange;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** {@code GET /.well-known/mercure/subscriptions}. A token of this test is {@code tenant path…} and grants those paths. */
class SubscriptionsHandlerIT {
    private static final String ROOT = "/.well-known/mercure/subscriptions";
    private static final String TEMPLATE = "https://example.com/{id}";
    private static final String ENCODED = "https%3A%2F%2Fexample.com%2F%7Bid%7D";
    private static final String ALL = "default *";

    private final Broker broker = Brokers.open("memory://subscriptions-handler-it", BrokerOptions.of("n"));
    private final ActiveSubscriptions subscriptions = new ActiveSubscriptions(
            broker,
            new ActiveSubscriptions.Membership(
                    "n", 1, () -> CompletableFuture.completedFuture((node, generation) -> false)),
            new SubscriptionAnnouncements(broker.channel()),
            Platform.system());
    private final HttpServer server = serve();
    private final HttpClient client = HttpClient.newHttpClient();

    @AfterEach
    void close() {
        client.close();
        server.close();
        broker.close();
    }

    @Test
    void requests_without_a_token_that_grants_the_path_are_refused() throws Exception {
        assertProblem(ask(ROOT, null), 401, "token-missing");
        assertProblem(ask(ROOT, "bad"), 401, "token-invalid");
        assertProblem(ask(ROOT, "default"), 403, "not-granted");
        assertProblem(ask(ROOT + "/a", "default " + ROOT), 403, "not-granted");
        assertProblem(ask(ROOT + "/nobody/urn:uuid:1", "default " + ROOT), 403, "not-granted");
    }

    @Test
    void the_grant_is_compared_with_the_path_as_sent() throws Exception {
        assertThat(ask(ROOT + "/" + ENCODED, "default " + ROOT + "/" + ENCODED).statusCode())
                .isEqualTo(200);
        assertProblem(ask(ROOT + "/" + ENCODED, "default " + ROOT + "/" + TEMPLATE), 403, "not-granted");
        assertThat(ask(ROOT + "?topic=x", "default " + ROOT).statusCode()).isEqualTo(200);
    }

    @Test
    void collections_contain_the_subscriptions_of_the_tenant() throws Exception {
        Subscriber one = start(Tenant.DEFAULT, TEMPLATE, "a");
        Subscriber other = start(Tenant.DEFAULT, "a");
        Subscriber others = start(new Tenant("acme"), "a");

        HttpResponse<String> all = ask(ROOT, ALL);
        assertThat(all.statusCode()).isEqualTo(200);
        assertThat(all.headers().firstValue("Content-Type")).contains("application/ld+json");
        assertThat(json(all).get("id").textValue()).isEqualTo(ROOT);
        assertThat(json(all).get("subscriptions").findValuesAsText("topic"))
                .containsExactlyInAnyOrder(TEMPLATE, "a", "a");
        assertThat(json(ask(ROOT + "/a", ALL)).get("subscriptions").findValuesAsText("subscriber"))
                .containsExactlyInAnyOrder(one.id(), other.id());
        JsonNode ofTemplate = json(ask(ROOT + "/" + ENCODED, ALL));
        assertThat(ofTemplate.get("id").textValue()).isEqualTo(ROOT + "/" + ENCODED);
        assertThat(ofTemplate.get("subscriptions").findValuesAsText("id"))
                .containsExactly(ROOT + "/" + ENCODED + "/" + one.id().replace(":", "%3A"));
        assertThat(json(ask(ROOT + "/nobodys", ALL)).get("subscriptions")).isEmpty();
        assertThat(json(ask(ROOT, "acme *")).get("subscriptions").findValuesAsText("subscriber"))
                .containsExactly(others.id());
    }

    @Test
    void one_subscription_is_found_by_its_id_and_not_when_it_has_ended() throws Exception {
        Subscriber subscriber = start(Tenant.DEFAULT, TEMPLATE);
        String id = ROOT + "/" + ENCODED + "/" + subscriber.id().replace(":", "%3A");

        HttpResponse<String> answer = ask(id, ALL);

        assertThat(answer.statusCode()).isEqualTo(200);
        JsonNode json = json(answer);
        assertThat(json.get("@context").textValue()).isEqualTo("https://mercure.rocks/");
        assertThat(json.get("id").textValue()).isEqualTo(id);
        assertThat(json.get("active").booleanValue()).isTrue();
        assertThat(answer.headers().firstValue("ETag").orElseThrow())
                .startsWith("\"" + json.get("lastEventID").textValue());
        assertProblem(ask(id, "acme *"), 404, "not-found");
        assertProblem(ask(id.replace(ENCODED, "a"), ALL), 404, "not-found");
        subscriptions.ended(subscriber);
        subscriptions.close();
        assertProblem(ask(id, ALL), 404, "not-found");
    }

    @Test
    void an_unknown_subscriber_is_not_found() throws Exception {
        for (String name : List.of("x", "%00", "%0A", "urn%3Auuid%3A1", "%25", "x".repeat(4_000), "%C3%BC")) {
            assertProblem(ask(ROOT + "/a/" + name, ALL), 404, "not-found");
        }
        assertProblem(ask(ROOT + "/%ff", ALL), 400, "invalid-request");
    }

    @Test
    void a_client_with_the_current_version_gets_304_until_it_changes() throws Exception {
        assertThat(ask(ROOT, ALL).headers().firstValue("ETag")).contains("\"earliest\"");
        Subscriber subscriber = start(Tenant.DEFAULT, "a");
        HttpResponse<String> first = ask(ROOT, ALL);
        String tag = first.headers().firstValue("ETag").orElseThrow();
        assertThat(tag).startsWith("\"" + json(first).get("lastEventID").textValue());

        String one = ROOT + "/a/" + subscriber.id();
        for (String path : List.of(ROOT, ROOT + "/a", one)) {
            HttpResponse<String> again = ask(path, ALL, tag);
            assertThat(again.statusCode()).isEqualTo(304);
            assertThat(again.body()).isEmpty();
            assertThat(again.headers().firstValue("ETag")).contains(tag);
        }
        assertProblem(ask(ROOT + "/b/" + subscriber.id(), ALL, tag), 404, "not-found");
        assertProblem(ask(one, "default", tag), 403, "not-granted");
        start(Tenant.DEFAULT, "b");
        HttpResponse<String> changed = ask(ROOT, ALL, tag);
        assertThat(changed.statusCode()).as("no update, but a subscription").isEqualTo(200);
        get(broker.channel().broadcast(Event.to(Scope.topic("x")).build()));
        for (String path : List.of(ROOT, ROOT + "/a", one)) {
            assertThat(ask(path, ALL, tag).statusCode()).isEqualTo(200);
        }
    }

    @Test
    void an_unavailable_broker_is_answered_with_503() throws Exception {
        MemoryOutage.begin(broker);

        assertProblem(ask(ROOT, ALL), 503, "broker-unavailable");
    }

    private Subscriber start(Tenant tenant, String... topics) {
        Subscriber subscriber = Subscriber.of(Platform.system().secureRandom(), tenant, List.of(topics), null);
        get(subscriptions.started(subscriber, 1));
        return subscriber;
    }

    private HttpResponse<String> ask(String path, @Nullable String token, String... ifNoneMatch) throws Exception {
        HttpRequest.Builder request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + server.port() + path))
                .timeout(Patience.LIMIT);
        if (token != null) {
            request.header("Authorization", "Bearer " + token);
        }
        for (String tag : ifNoneMatch) {
            request.header("If-None-Match", tag);
        }
        return client.send(request.build(), HttpResponse.BodyHandlers.ofString());
    }

    private static JsonNode json(HttpResponse<String> answer) throws Exception {
        return new JsonMapper().readTree(answer.body());
    }

    private static void assertProblem(HttpResponse<String> answer, int status, String code) throws Exception {
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(status);
        assertThat(json(answer).get("code").textValue()).isEqualTo(code);
    }

    private static CompletionStage<Optional<SubscriptionReaders.Reader>> reader(HttpServerExchange exchange) {
        String token = Requests.token(exchange).text();
        if (token == null) {
            return CompletableFuture.completedFuture(Optional.empty());
        }
        if (token.equals("bad")) {
            return CompletableFuture.failedFuture(new RefusedException(ErrorCode.TOKEN_INVALID, "the token is bad"));
        }
        List<String> words = List.of(token.split(" "));
        return CompletableFuture.completedFuture(Optional.of(new SubscriptionReaders.Reader(
                new Tenant(words.getFirst()), path -> words.contains("*") || words.contains(path))));
    }

    private HttpServer serve() {
        HttpConfig config = new HttpConfig(
                true,
                java.time.Duration.ofHours(1),
                new Secrets(List.of("a secret of the tests")),
                Networks.NONE,
                List.of(),
                false,
                false,
                SiteConfig.DEFAULT);
        SubscriptionsHandler handler =
                new SubscriptionsHandler(SubscriptionsHandlerIT::reader, subscriptions, broker.log());
        return new HttpServer(
                new HttpServer.Listener(
                        "port", "127.0.0.1", 0, 1, null, false, RequestLog.NONE, InstantSource.system()),
                new Origins(config),
                config.trustedProxies(),
                Admission.unlimited(
                        new Limits(
                                0,
                                0,
                                0,
                                0,
                                Limits.TLS_HANDSHAKES,
                                0,
                                Limits.TIMEOUT_MAX,
                                Limits.TIMEOUT_MAX,
                                Limits.TIMEOUT_MAX,
                                Limits.STALL_TIMEOUT),
                        Platform.system()),
                Platform.system().threads(),
                routes -> SubscriptionsHandler.ROUTES.forEach(route -> routes.get(route, handler)));
    }
}
