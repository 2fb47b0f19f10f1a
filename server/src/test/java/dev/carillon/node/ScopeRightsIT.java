package dev.carillon.node;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.carillon.auth.Authorizer;
import dev.carillon.auth.BroadcastDecision;
import dev.carillon.auth.Grants;
import dev.carillon.auth.RefusedException;
import dev.carillon.base.ErrorCode;
import dev.carillon.node.ScopeRights.Client;
import dev.carillon.node.ScopeRights.Kind;
import dev.carillon.scope.Event;
import dev.carillon.scope.Scope;
import dev.carillon.scope.Selector;
import dev.carillon.scope.Tenant;
import dev.carillon.testkit.Patience;
import dev.carillon.testkit.SseClient;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/**
 * Each cell of {@link ScopeRights} for each kind of authorizer, with two tenants and three nodes: events stream from the first node, WebSocket from the
 * second, history from the third.
 */
class ScopeRightsIT {
    private static final String BROKER = "memory://scope-rights";
    private static final ObjectMapper JSON = new ObjectMapper();

    /** Tokens of JWT, and of the application at a URL. */
    @SuppressWarnings("NullAway.Init")
    private static TestCluster tokens;

    /** Nodes with a Java authorizer. */
    private static final List<Node> JAVA_NODES = new ArrayList<>();

    @SuppressWarnings("NullAway.Init")
    private static TestApplication application;

    private static final Map<Caller, Open> OPEN = new TreeMap<>();

    private record Caller(Kind kind, Client client) implements Comparable<Caller> {
        @Override
        public int compareTo(Caller other) {
            return toString().compareTo(other.toString());
        }

        String token() {
            return kind == Kind.JWT
                    ? TestCluster.token(
                            List.of(),
                            List.of(),
                            b -> b.subject(client.user())
                                    .claim(
                                            "carillon",
                                            Map.of(
                                                    "broadcast",
                                                    client.broadcast(),
                                                    "read",
                                                    client.read(),
                                                    "tenant",
                                                    client.tenant())))
                    : "ticket of " + client;
        }

        Node node(int index) {
            return kind == Kind.JAVA ? JAVA_NODES.get(index) : tokens.node(index);
        }
    }

    /** The connections of a caller, and the data of the events that each received. */
    private record Open(SseClient events, RawWebSocket socket, String token, Set<String> fromSocket) {
        String cookie() {
            String header = events.header("Set-Cookie");
            assertThat(header).isNotNull();
            return String.valueOf(header).split(";", 2)[0];
        }
    }

    /** An application's authorizer in Java. */
    private static final class JavaAuthorizer implements Authorizer {
        @Override
        public CompletionStage<Grants> authorize(@Nullable String token) {
            return Stream.of(Client.values())
                    .filter(client -> ("ticket of " + client).equals(token))
                    .findFirst()
                    .<CompletionStage<Grants>>map(client -> CompletableFuture.completedFuture(grants(client)))
                    .orElseGet(() ->
                            CompletableFuture.failedFuture(new RefusedException(ErrorCode.TOKEN_INVALID, "unknown")));
        }

        private static Grants grants(Client client) {
            return new Grants(
                            Tenant.ofToken(client.tenant()),
                            client.user(),
                            client.read().stream().map(Selector::new).toList(),
                            client.broadcast().stream().map(Selector::new).toList(),
                            null)
                    .asking(client == Client.ASKED ? Set.of(Grants.Asked.values()) : Set.of());
        }

        @Override
        public CompletionStage<Set<Scope>> mayRead(Grants client, Set<Scope> scopes) {
            return CompletableFuture.completedFuture(scopes.stream()
                    .filter(scope -> ScopeRights.ASKED_READ.contains(scope.text()))
                    .collect(Collectors.toSet()));
        }

        @Override
        public CompletionStage<BroadcastDecision> mayBroadcast(Grants client, Event event) {
            boolean allowed =
                    event.scopes().stream().allMatch(scope -> ScopeRights.ASKED_BROADCAST.contains(scope.text()));
            return CompletableFuture.completedFuture(
                    allowed ? new BroadcastDecision.Allowed() : new BroadcastDecision.Refused());
        }
    }

    /** The same application, asked over HTTP. */
    private static String answer(JsonNode question) {
        ObjectNode answer = JSON.createObjectNode();
        switch (question.path("question").asText()) {
            case "connect" -> {
                Client client = Client.valueOf(question.path("token").asText().replace("ticket of ", ""));
                answer.put("allow", true).put("tenant", client.tenant()).put("user", client.user());
                client.read().forEach(answer.putArray("read")::add);
                client.broadcast().forEach(answer.putArray("broadcast")::add);
                if (client == Client.ASKED) {
                    answer.putArray("ask").add("read").add("broadcast");
                }
            }
            case "read" -> {
                var allowed = answer.putArray("allow");
                question.path("scopes").forEach(scope -> {
                    if (ScopeRights.ASKED_READ.contains(scope.asText())) {
                        allowed.add(scope.asText());
                    }
                });
            }
            default ->
                answer.put(
                        "allow",
                        question.path("event")
                                .path("scopes")
                                .valueStream()
                                .allMatch(scope -> ScopeRights.ASKED_BROADCAST.contains(scope.asText())));
        }
        return answer.toString();
    }

    @BeforeAll
    static void start() throws Exception {
        application = new TestApplication(ScopeRightsIT::answer);
        Map<String, String> presence = Map.of(
                "scope-policies",
                "topic:a=10000/1h/presence-private,route:/r=10000/1h/presence,global=10000/1h/presence");
        Map<String, String> settings = new HashMap<>(application.settings());
        settings.putAll(presence);
        tokens = new TestCluster(BROKER, 3, settings);
        for (int i = 0; i < 3; i++) {
            JAVA_NODES.add(Node.builder(TestCluster.config("java" + i, BROKER, presence))
                    .authorizer(new JavaAuthorizer())
                    .start());
        }
        for (Kind kind : Kind.values()) {
            for (Client client : Client.values()) {
                if (kind != Kind.JWT || client != Client.ASKED) {
                    Caller caller = new Caller(kind, client);
                    OPEN.put(caller, open(caller));
                }
            }
        }
        receive();
        awaitPresence();
    }

    private static Open open(Caller caller) throws Exception {
        String token = caller.token();
        SseClient events = SseClient.open(
                        caller.node(0).port(), "/events?topic=a&route=/r", Map.of("Authorization", "Bearer " + token))
                .opened();
        RawWebSocket socket =
                new RawWebSocket(caller.node(1).port(), "/ws?topic=a&route=/r", "Authorization: Bearer " + token);
        socket.awaitType("open");
        return new Open(events, socket, token, new HashSet<>());
    }

    private static Open opened(Caller caller) {
        return Objects.requireNonNull(OPEN.get(caller));
    }

    /** Broadcasts the event of every row. The last one of each tenant reaches all its clients, and comes after the others. */
    private static void receive() throws Exception {
        for (ScopeRights.Row row : ScopeRights.ROWS) {
            Set<String> targets =
                    Stream.of(Kind.values()).map(kind -> scope(row, kind)).collect(Collectors.toSet());
            for (String target : targets) {
                broadcast(Event.to(Scope.parse(target))
                        .tenant(Tenant.ofToken(row.tenant()))
                        .data(row.name())
                        .isPrivate(row.isPrivate())
                        .readers(row.readers())
                        .build());
            }
        }
        for (String tenant : List.of("acme", "other")) {
            broadcast(Event.to(Scope.parse("global"))
                    .tenant(Tenant.ofToken(tenant))
                    .data("end")
                    .build());
        }
        for (Open each : OPEN.values()) {
            each.events().awaitData("end");
            each.events().awaitData("system");
            Set<String> received = each.fromSocket();
            while (!received.containsAll(Set.of("end", "system"))) {
                received.add(each.socket().awaitEvent().path("data").asText());
            }
        }
    }

    private static void broadcast(Event event) throws Exception {
        tokens.node(2).broadcaster().broadcast(event).toCompletableFuture().get();
    }

    /** The scope of a row, where {@code ANN} stands for the context or session of her event stream. */
    private static String scope(ScopeRights.Row row, Kind kind) {
        SseClient ann = opened(new Caller(kind, Client.ANN)).events();
        return row.scope()
                .replace("tab:ANN", "tab:" + ann.opening("context"))
                .replace("session:ANN", "session:" + ann.opening("session"));
    }

    @AfterAll
    static void stop() throws Exception {
        for (Open each : OPEN.values()) {
            each.events().close();
            each.socket().close();
        }
        JAVA_NODES.forEach(Node::close);
        tokens.close();
        application.close();
    }

    @TestFactory
    Stream<DynamicTest> each_cell_is_what_the_nodes_allow() {
        return ScopeRights.ROWS.stream()
                .flatMap(row -> OPEN.keySet().stream()
                        .map(caller -> DynamicTest.dynamicTest(
                                row.name() + " for " + caller.client() + " by " + caller.kind(),
                                () -> assertThat(rights(row, caller)).isEqualTo(row.cell(caller.client())))));
    }

    private static String rights(ScopeRights.Row row, Caller caller) {
        Open open = opened(caller);
        String scope = scope(row, caller.kind());
        String parameter = "?scope=" + URLEncoder.encode(scope, StandardCharsets.UTF_8);
        HttpResponse<String> history = get(caller.node(2), "/history" + parameter, open);
        return letter('e', open.events().data().contains(row.name()))
                + letter('w', open.fromSocket().contains(row.name()))
                + letter('h', history.statusCode() == 200 && history.body().contains("\"data\":\"" + row.name() + "\""))
                + letter('p', get(caller.node(0), "/position" + parameter, open).statusCode() == 200)
                + letter('b', broadcasts(row, scope, caller.node(1), open))
                + letter('m', seesUsers(row.tenant(), get(caller.node(2), "/presence" + parameter, open)));
    }

    /** Whether it is the list of the users of this tenant, in which Ann is the only one of the other tenant. */
    private static boolean seesUsers(String tenant, HttpResponse<String> presence) {
        if (presence.statusCode() != 200) {
            return false;
        }
        List<String> users;
        try {
            users = JSON.readTree(presence.body())
                    .path("users")
                    .valueStream()
                    .map(user -> user.path("user").asText())
                    .toList();
        } catch (JsonProcessingException e) {
            throw new AssertionError(e);
        }
        return tenant.equals("acme") ? users.contains("rea") : users.equals(List.of("ann"));
    }

    private static void awaitPresence() {
        for (Kind kind : Kind.values()) {
            for (String scope : List.of("topic:a", "route:/r", "global")) {
                awaitPresence(new Caller(kind, Client.OPERATOR), "acme", scope);
            }
            awaitPresence(new Caller(kind, Client.OTHER), "other", "topic:a");
        }
    }

    private static void awaitPresence(Caller caller, String tenant, String scope) {
        Awaitility.await("the users of " + scope)
                .atMost(Patience.LIMIT)
                .until(() -> seesUsers(tenant, get(caller.node(0), "/presence?scope=" + scope, opened(caller))));
    }

    private static String letter(char letter, boolean allowed) {
        return allowed ? String.valueOf(letter) : "-";
    }

    private static HttpResponse<String> get(Node node, String target, Open caller) {
        return TestCluster.send(HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + node.port() + target))
                .header("Authorization", "Bearer " + caller.token())
                .header("Cookie", caller.cookie())
                .build());
    }

    private static boolean broadcasts(ScopeRights.Row row, String scope, Node node, Open caller) {
        ObjectNode event = JSON.createObjectNode()
                .put("scope", scope)
                .put("data", "of a client")
                .put("private", row.isPrivate());
        if (!row.readers().isEmpty()) {
            row.readers().forEach(event.putArray("readers")::add);
        }
        int status = TestCluster.post(node, caller.token(), event.toString()).statusCode();
        assertThat(status).isIn(200, 403);
        return status == 200;
    }
}
