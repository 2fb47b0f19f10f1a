package dev.carillon.node;

import static org.assertj.core.api.Assertions.assertThat;

import dev.carillon.admin.AdminRoutes;
import dev.carillon.admin.NodeControl;
import dev.carillon.admin.NodeStatus;
import dev.carillon.admin.OperatorAudit;
import dev.carillon.base.Platform;
import dev.carillon.cluster.AllNodes;
import dev.carillon.extension.Extension;
import dev.carillon.rebalance.Rebalancing;
import dev.carillon.revocation.Revoker;
import io.jsonwebtoken.Jwts;
import io.jsonwebtoken.security.Keys;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.undertow.server.RoutingHandler;
import io.undertow.util.HttpString;
import io.undertow.util.PathTemplate;
import io.undertow.util.PathTemplateMatcher;
import java.io.IOException;
import java.lang.reflect.Field;
import java.lang.reflect.Proxy;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.Date;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/**
 * Who may do what over every route: each cell of {@link RightsMatrix} is a test. A route of the server without a row fails, and the table is
 * the one of docs/threat-model.md. Each answer at the port for clients is one that docs/openapi.yaml describes.
 */
class RightsMatrixIT {
    private static final String HUB = "/.well-known/mercure";
    private static final Set<String> ROUTES = new TreeSet<>();

    /** Lets no client connect without a token. */
    @SuppressWarnings("NullAway.Init")
    private static TestCluster closed;

    /** Lets every client connect, on the same events. */
    @SuppressWarnings("NullAway.Init")
    private static TestCluster open;

    private static final Map<RightsMatrix.Caller, String> TOKENS = new EnumMap<>(RightsMatrix.Caller.class);
    private static @Nullable String session;

    @BeforeAll
    static void start() throws Exception {
        Map<String, String> all = Map.of(
                "mode",
                "development",
                "mercure-subscriptions",
                "true",
                "mercure-ui",
                "true",
                "scope-policies",
                "topic:a=10000/1h/presence-private,topic:b=10000/1h/presence");
        Extension routes = context -> {
            ROUTES.addAll(of(((NodeExtensionContext) context).routes()));
            return () -> {};
        };
        closed = new TestCluster("memory://rights", 1, with(all, "anonymous", "false"), routes);
        open = new TestCluster("memory://rights", 1, with(all, "anonymous", "true"));
        tokens();
        session = RightsRequest.of("GET /events?topic=a")
                .ask(open.node(0).port(), null, null)
                .cookie();
        for (String scope : List.of("topic:a", "topic:b", "user:ann")) {
            TestCluster.broadcast(
                    closed.node(0),
                    "{\"scope\":\"" + scope + "\",\"private\":true,\"data\":\"" + RightsMatrix.PRIVATE + "\"}");
        }
    }

    @AfterAll
    static void stop() {
        closed.close();
        open.close();
    }

    private static void tokens() {
        List<String> none = List.of();
        TOKENS.put(RightsMatrix.Caller.NO_GRANT, TestCluster.token(none, none, b -> b));
        TOKENS.put(RightsMatrix.Caller.BROADCASTS_A, TestCluster.token(List.of("topic:a"), none, b -> b));
        TOKENS.put(RightsMatrix.Caller.READS_A, TestCluster.token(none, List.of("topic:a"), b -> b));
        TOKENS.put(RightsMatrix.Caller.USER_ANN, TestCluster.token(none, none, b -> b.subject("ann")));
        TOKENS.put(RightsMatrix.Caller.EVERYTHING, TestCluster.token());
        TOKENS.put(
                RightsMatrix.Caller.EXPIRED,
                TestCluster.token(
                        List.of("*"), List.of("*"), b -> b.expiration(Date.from(Instant.EPOCH.plusSeconds(1_000)))));
        TOKENS.put(
                RightsMatrix.Caller.OTHER_KEY,
                Jwts.builder()
                        .claim("carillon", Map.of("broadcast", List.of("*"), "read", List.of("*")))
                        .claim("mercure", Map.of("publish", List.of("*"), "subscribe", List.of("*")))
                        .expiration(Date.from(Instant.now().plusSeconds(600)))
                        .signWith(Keys.hmacShaKeyFor((TestCluster.KEY + "!").getBytes(StandardCharsets.UTF_8)))
                        .compact());
        TOKENS.put(
                RightsMatrix.Caller.OTHER_TENANT,
                TestCluster.token(
                        none,
                        none,
                        b -> b.claim(
                                        "carillon",
                                        Map.of("broadcast", List.of("*"), "read", List.of("*"), "tenant", "other"))
                                .claim("mercure", Map.of("publish", List.of("*"), "subscribe", List.of("*")))));
        TOKENS.put(RightsMatrix.Caller.HUB_PUBLISHES_A, Hub.token(List.of("a"), none));
        TOKENS.put(RightsMatrix.Caller.HUB_SUBSCRIBES_A, Hub.token(none, List.of("a")));
    }

    @TestFactory
    Stream<DynamicTest> each_cell_is_what_the_server_answers() {
        return RightsMatrix.TABLE.rows().stream()
                .flatMap(row -> RightsMatrix.TABLE.callers().stream()
                        .map(role -> DynamicTest.dynamicTest(
                                row.request() + " by " + role.title(),
                                () -> assertThat(ask(row, role)).isEqualTo(row.cell(role)))));
    }

    @Test
    void every_route_of_the_server_has_a_row() {
        RoutingHandler admin = new RoutingHandler();
        new AdminRoutes(
                        unasked(NodeStatus.class),
                        unasked(NodeControl.class),
                        new PrometheusMeterRegistry(PrometheusConfig.DEFAULT),
                        200,
                        unasked(AllNodes.class),
                        Optional.empty(),
                        unasked(Revoker.class),
                        Duration.ofHours(1),
                        token -> token,
                        unasked(Rebalancing.class),
                        event -> CompletableFuture.failedStage(new AssertionError()),
                        new OperatorAudit("n", (action, by) -> {}),
                        new AdminRoutes.Deliveries(exchange -> {}, exchange -> {}),
                        Platform.system())
                .add(admin);
        Set<String> routes = new TreeSet<>(ROUTES);
        of(admin).forEach(route -> routes.add(route.replaceFirst(" ", " admin:")));

        assertThat(RightsMatrix.TABLE.routes()).containsAll(routes);
        assertThat(routes)
                .contains("GET /events", "POST /broadcast", "GET " + HUB, "POST " + HUB, "GET admin:/metrics");
    }

    @Test
    void description_has_every_route_for_clients_and_no_other() {
        Set<String> served = ROUTES.stream()
                // Files of pages for people, and a path that only the node itself uses.
                .filter(route -> !route.matches("(GET|POST) (/_start/.*|/_warm-up|" + HUB + "/ui.*)"))
                .map(route -> route.replace("{subscriptions-topic}", "{topic}"))
                .collect(Collectors.toCollection(TreeSet::new));

        assertThat(OpenApi.operations()).isEqualTo(served);
    }

    @Test
    void page_of_the_threat_model_has_the_table() {
        assertThat(RightsTable.published("rights")).isEqualTo(RightsMatrix.TABLE.markdown());
    }

    private static String ask(RightsTable.Row<RightsMatrix.Caller> row, RightsMatrix.Caller role) throws IOException {
        boolean anonymous = role == RightsMatrix.Caller.ANONYMOUS || role == RightsMatrix.Caller.SESSION;
        Node node = (anonymous ? open : closed).node(0);
        RightsRequest request = RightsRequest.of(row.request());
        RightsRequest.Answer answer =
                request.ask(row.port(node), TOKENS.get(role), role == RightsMatrix.Caller.SESSION ? session : null);
        if (row.port(node) == node.port()) {
            OpenApi.check(request.method(), request.target(), OpenApi.Answer.of(answer.head(), answer.body()));
        }
        return answer.status() + (answer.body().contains(RightsMatrix.PRIVATE) ? "*" : "");
    }

    /** Only requests ask it. */
    static <T> T unasked(Class<T> type) {
        return type.cast(
                Proxy.newProxyInstance(type.getClassLoader(), new Class<?>[] {type}, (proxy, method, arguments) -> {
                    throw new AssertionError(method);
                }));
    }

    /** HEAD is what GET is; the other methods are answered 405 by what finds no handler. */
    static Set<String> of(RoutingHandler routes) {
        Set<String> found = new TreeSet<>();
        try {
            Field matches = RoutingHandler.class.getDeclaredField("matches");
            matches.setAccessible(true);
            ((Map<?, ?>) matches.get(routes)).forEach((method, paths) -> {
                if (!((HttpString) method).equals(new HttpString("HEAD"))) {
                    for (PathTemplate path : ((PathTemplateMatcher<?>) paths).getPathTemplates()) {
                        found.add(method + " " + path.getTemplateString());
                    }
                }
            });
        } catch (ReflectiveOperationException e) {
            throw new LinkageError(e.getMessage(), e);
        }
        return found;
    }

    private static Map<String, String> with(Map<String, String> settings, String name, String value) {
        Map<String, String> all = new java.util.HashMap<>(settings);
        all.put(name, value);
        return all;
    }
}
