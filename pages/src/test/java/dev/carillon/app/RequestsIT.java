package dev.carillon.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.carillon.extension.Cookie;
import dev.carillon.extension.Response;
import dev.carillon.node.Node;
import dev.carillon.node.TestCluster;
import dev.carillon.page.Middleware;
import dev.carillon.page.Page;
import dev.carillon.page.PageRequest;
import dev.carillon.page.RequestAttribute;
import dev.carillon.page.SessionValue;
import dev.carillon.page.Signal;
import dev.carillon.page.SignalType;
import dev.carillon.page.Stored;
import dev.carillon.page.Upload;
import dev.carillon.page.UploadRule;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What surrounds a page: middleware, sessions, cookies, redirects; on two nodes. */
class RequestsIT {
    private static final RequestAttribute<String> WHO = RequestAttribute.text("who");
    private static final SessionValue<String> NAME = SessionValue.of("name", "");
    private static final String FOREIGN = "https://login.example.com";

    private final AtomicReference<PageRequest> seen = new AtomicReference<>();
    private final AtomicReference<Throwable> inView = new AtomicReference<>();
    private final App app = Carillon.app(
                    AppOptions.defaults().actionsPerSecond(1_000).redirectOrigins(FOREIGN))
            .use((request, next) ->
                    next.proceed().header("X-Kind", request.kind().name()))
            .page("/login", RequestsIT::login)
            .group(
                    "/admin",
                    admin -> admin.use(this::signedIn)
                            .page("/", page -> page.view("root", () -> "root"))
                            .page("/home", this::home)
                            .group(
                                    "/deep",
                                    deep -> deep.use(RequestsIT::refuses)
                                            .page("/page", page -> page.view("deep", () -> "deep"))))
            .page("/old", page -> page.redirect("/login?from=old"))
            .group("/rooms", rooms -> rooms.use(this::member).page("/{id}", this::room))
            .page("/renews", page -> {
                page.renewSession();
                page.view("never", () -> "");
            })
            .page("/both", page -> {
                Signal<String> _ = page.input("note", "");
                Upload _ = page.upload("note", UploadRule.oneFile());
                page.view("never", () -> "");
            })
            .page("/cookies", RequestsIT::cookies)
            .page("/clock", RequestsIT::clock)
            .page("/search", page -> {
                int number = page.parameter("page", SignalType.INT).orElse(1);
                page.view("results", () -> "page " + number);
            })
            .notFound(() -> "<h1>Nothing here</h1>");
    private final TestCluster cluster = new TestCluster("memory://" + UUID.randomUUID(), 2, Map.of(), app);
    private final Node node = cluster.node(0);
    private final Node other = cluster.node(1);

    private static void login(Page page) {
        Stored<String> name = page.session(NAME);
        Signal<String> given = page.input("given", "");
        page.action("login", () -> {
            page.renewSession();
            name.set(given.get());
            page.setCookie(Cookie.of("greeting", "hello; world").lasting(Duration.ofDays(1)));
            page.redirect("/admin/home");
        });
        page.action("leave", () -> page.redirect(FOREIGN + "/out?a=b"));
        page.action("stray", () -> page.redirect("//evil.example/"));
        page.view("name", () -> "");
    }

    private Response signedIn(PageRequest request, Middleware.Next next) throws Exception {
        seen.set(request);
        String name = request.session(NAME).get();
        if (name.isEmpty()) {
            return request.redirect("/login");
        }
        request.set(WHO, name);
        return next.proceed();
    }

    private static Response refuses(PageRequest request, Middleware.Next next) {
        return Response.html("only for " + request.attribute(WHO).orElse("guest"));
    }

    private Response member(PageRequest request, Middleware.Next next) throws Exception {
        request.set(WHO, request.path("id").orElseThrow().equals("1") ? "owner" : "guest");
        try {
            return next.proceed();
        } finally {
            if (request.header("X-Note").isPresent()) {
                request.session(NAME).update(name -> name + " noted");
            }
        }
    }

    private void room(Page page) {
        Signal<String> role = page.signal("role", page.attribute(WHO).orElse("guest"));
        page.action("ask", () -> role.set("asked by " + page.attribute(WHO).orElse("guest")));
        page.action("renew", page::renewSession);
        page.action("fail", () -> {
            page.renewSession();
            throw new IllegalStateException("wrong code");
        });
        page.view("role", role::text);
    }

    private void home(Page page) {
        Stored<String> name = page.session(NAME);
        Signal<String> greeting =
                page.signal("greeting", "hello " + page.attribute(WHO).orElse("guest"));
        Signal<Boolean> reads = page.signal("reads", false);
        page.action("greet", () -> greeting.set("again " + page.attribute(WHO).orElse("guest")));
        page.action("logout", name::clear);
        page.action("read", () -> reads.set(true));
        page.view("greeting", greeting::text);
        page.view("reading", () -> reads.get() ? read(page) : "");
    }

    private String read(Page page) {
        try {
            return page.attribute(WHO).orElse("guest");
        } catch (IllegalStateException e) {
            inView.set(e);
            throw e;
        }
    }

    private static void clock(Page page) {
        Stored<String> name = page.session(NAME);
        Signal<Integer> ticks = page.signal("ticks", 0);
        page.every(Duration.ofMillis(100), () -> {
            name.update(before -> before + ".");
            ticks.update(n -> n + 1);
        });
        page.view("ticks", ticks::text);
    }

    private static void cookies(Page page) {
        String theme = page.cookie("theme").orElse("none");
        page.setCookie(Cookie.of("theme", "dark ü").lasting(Duration.ofHours(1)));
        page.action(
                "remove",
                () -> page.setCookie(Cookie.removed("theme").readableByScripts().strict()));
        page.view("theme", () -> theme);
    }

    @AfterEach
    void close() {
        cluster.close();
    }

    private static String location(HttpResponse<String> answer) {
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(303);
        return answer.headers().firstValue("Location").orElseThrow();
    }

    private static List<String> setCookies(HttpResponse<String> answer) {
        return answer.headers().allValues("Set-Cookie");
    }

    private HttpResponse<String> act(PageClient client, Node at, String action, String... fields) {
        return client.post(at, action, Map.of("Accept", PageClient.TURBO, "Origin", PageClient.origin(at)), fields);
    }

    /** Signs in at a node; returns the cookie of the new session. */
    private String signIn(Node at, @Nullable String cookie) {
        PageClient login = PageClient.load(node, "", "/login", cookie);
        HttpResponse<String> answer = act(login, at, "login", "given", "ann");
        assertThat(location(answer)).isEqualTo("/admin/home");
        return setCookies(answer).getFirst().split(";", 2)[0];
    }

    @Test
    void middleware_of_a_group_redirects_strangers_and_gives_attributes_to_pages() {
        HttpResponse<String> stranger = PageClient.get(node, "/admin/home", null);
        assertThat(location(stranger)).isEqualTo("/login");
        assertThat(stranger.headers().firstValue("X-Kind")).hasValue("PAGE");
        assertThat(PageClient.get(node, "/admin", null).statusCode()).isEqualTo(303);

        String cookie = signIn(node, null);

        PageClient home = PageClient.load(other, "", "/admin/home", cookie);
        assertThat(home.html()).contains("hello ann");
        assertThat(PageClient.load(other, "", "/admin", cookie).html()).contains("root");
        assertThat(PageClient.get(node, "/admin/deep/page", cookie).body()).isEqualTo("only for ann");
    }

    @Test
    void timer_of_a_tab_that_stays_open_writes_to_no_session_that_was_renewed() {
        try (PageClient clock = PageClient.load(other, "", "/clock", null).open()) {
            await().until(() -> clock.shown("ticks") != null);

            String cookie = signIn(node, clock.cookie());

            await().until(() ->
                    clock.patches().stream().anyMatch(patch -> patch.contains("<turbo-stream action=\"refresh\">")));
            assertThat(location(PageClient.get(node, "/admin/home", clock.cookie())))
                    .isEqualTo("/login");
            assertThat(PageClient.load(node, "", "/admin/home", cookie).html()).contains("hello ann<");
        }
    }

    @Test
    void browser_that_keeps_an_old_cookie_can_sign_in_again() {
        PageClient before = PageClient.load(node, "/login");
        String _ = signIn(node, before.cookie());

        String cookie = signIn(other, before.cookie());

        assertThat(PageClient.load(node, "", "/admin/home", cookie).html()).contains("hello ann<");
    }

    @Test
    void actions_run_behind_the_middleware_on_every_node() {
        String cookie = signIn(other, null);
        try (PageClient home = PageClient.load(node, "", "/admin/home", cookie).open()) {
            HttpResponse<String> answer = act(home, other, "greet");

            assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
            assertThat(answer.headers().firstValue("X-Kind")).hasValue("ACTION");
            await().until(() -> "again ann".equals(home.shown("greeting")));

            assertThat(act(home, other, "logout").statusCode()).isEqualTo(200);
            assertThat(location(act(home, other, "greet"))).isEqualTo("/login");
            assertThat(location(act(home, node, "greet"))).isEqualTo("/login");
        }
    }

    @Test
    void middleware_is_not_skipped_by_the_path_of_another_page() {
        PageClient home = PageClient.load(node, "", "/admin/home", signIn(node, null));

        for (String path : List.of("/login", "/admin", "/unknown", "")) {
            HttpResponse<String> answer = PageClient.post(
                    other,
                    "",
                    home.context(),
                    home.cookie(),
                    "logout",
                    Map.of("Origin", PageClient.origin(other)),
                    "_page",
                    path);
            assertThat(answer.statusCode()).as(path).isEqualTo(403);
            assertThat(answer.body()).contains("context-refused");
        }
        assertThat(PageClient.load(node, "", "/admin/home", home.cookie()).html())
                .contains("hello ann");
    }

    @Test
    void action_of_another_node_runs_with_the_middleware_of_its_own_path_only() {
        PageClient room = PageClient.load(node, "/rooms/7");
        Map<String, String> headers = Map.of("Origin", PageClient.origin(other));

        for (String path : List.of("/rooms/1", "/rooms/7/", "/rooms/07")) {
            HttpResponse<String> answer =
                    PageClient.post(other, "", room.context(), room.cookie(), "ask", headers, "_page", path);
            assertThat(answer.statusCode()).as(path).isEqualTo(403);
        }

        assertThat(app.statistics().actions()).isZero();
        assertThat(room.post(other, "ask", headers).statusCode()).isEqualTo(204);
        assertThat(PageClient.get(node, "/rooms/7?context=" + room.context(), room.cookie())
                        .body())
                .contains("asked by guest");
    }

    @Test
    void action_that_fails_after_it_renewed_the_session_leaves_the_values() {
        for (Node at : List.of(node, other)) {
            String cookie = signIn(node, null);
            PageClient room = PageClient.load(node, "", "/rooms/7", cookie);

            HttpResponse<String> answer =
                    room.post(at, "fail", Map.of("Origin", PageClient.origin(at), "X-Note", "yes"));

            assertThat(answer.statusCode()).isEqualTo(500);
            assertThat(setCookies(answer)).isEmpty();
            assertThat(PageClient.get(at, "/admin/home", cookie).body()).contains("hello ann noted");
        }
    }

    @Test
    void middleware_after_an_action_sees_the_session_that_the_action_has_given() {
        for (Node at : List.of(node, other)) {
            String before = signIn(node, null);
            PageClient room = PageClient.load(node, "", "/rooms/7", before);

            HttpResponse<String> answer =
                    room.post(at, "renew", Map.of("Origin", PageClient.origin(at), "X-Note", "yes"));

            String after = setCookies(answer).getFirst().split(";", 2)[0];
            assertThat(PageClient.get(node, "/admin/home", after).body()).contains("hello ann noted");
            assertThat(location(PageClient.get(node, "/admin/home", before))).isEqualTo("/login");
        }
    }

    @Test
    void session_is_renewed_in_actions_only() {
        HttpResponse<String> answer = PageClient.get(node, "/renews", null);

        assertThat(answer.statusCode()).isEqualTo(500);
        assertThat(app.statistics().contexts()).isZero();
    }

    @Test
    void field_of_the_form_is_an_input_or_for_files() {
        assertThat(PageClient.get(node, "/both", null).statusCode()).isEqualTo(500);
    }

    @Test
    void page_has_one_path() {
        assertThat(PageClient.get(node, "/rooms/1", null).body()).contains("owner");
        for (String path : List.of("/rooms/1/", "/rooms/", "/login/")) {
            HttpResponse<String> answer = PageClient.get(node, path, null);
            assertThat(answer.statusCode()).as(path).isEqualTo(404);
            assertThat(answer.body()).contains("Nothing here");
        }
    }

    @Test
    void head_is_answered_behind_the_middleware() {
        HttpResponse<String> stranger = head("/admin/home");
        assertThat(location(stranger)).isEqualTo("/login");

        HttpResponse<String> page = head("/login");
        assertThat(page.statusCode()).isEqualTo(200);
        assertThat(page.headers().firstValue("X-Kind")).hasValue("PAGE");
        assertThat(page.headers().firstValue("Content-Security-Policy")).isPresent();
        assertThat(app.statistics().contexts()).isZero();
    }

    private HttpResponse<String> head(String path) {
        return TestCluster.send(HttpRequest.newBuilder(URI.create(PageClient.origin(node) + path))
                .HEAD()
                .header("Accept", "text/html")
                .build());
    }

    @Test
    void sign_in_gives_another_session_and_leaves_the_old_one_without_values() {
        String before = PageClient.load(node, "/login").cookie();

        String signedIn = signIn(other, before);
        String again = signIn(node, signedIn);

        assertThat(List.of(before, signedIn, again)).doesNotHaveDuplicates();
        assertThat(location(PageClient.get(node, "/admin/home", before))).isEqualTo("/login");
        assertThat(location(PageClient.get(node, "/admin/home", signedIn))).isEqualTo("/login");
        assertThat(PageClient.get(node, "/admin/home", again).body()).contains("hello ann");
    }

    @Test
    void cookies_have_safe_attributes_also_from_an_action_of_another_node() {
        HttpResponse<String> first = PageClient.get(node, "/cookies", null);
        assertThat(setCookies(first)).contains("theme=dark+%C3%BC; Path=/; Max-Age=3600; HttpOnly; SameSite=Lax");
        assertThat(first.body()).contains("none");

        PageClient second = PageClient.load(
                node,
                "",
                "/cookies",
                "theme=dark+%C3%BC; " + setCookies(first).getFirst().split(";", 2)[0]);
        assertThat(second.html()).contains("dark ü");
        assertThat(setCookies(act(second, other, "remove")))
                .containsExactly("theme=; Path=/; Max-Age=0; SameSite=Strict");

        HttpResponse<String> login = act(PageClient.load(node, "/login"), other, "login", "given", "eve");
        assertThat(setCookies(login))
                .hasSize(2)
                .contains("greeting=hello%3B+world; Path=/; Max-Age=86400; HttpOnly; SameSite=Lax");
    }

    @Test
    void redirects_lead_to_own_paths_and_named_origins_only() {
        assertThat(location(PageClient.get(node, "/old", null))).isEqualTo("/login?from=old");
        assertThat(app.statistics().contexts()).isZero();

        PageClient login = PageClient.load(node, "/login");
        assertThat(act(login, node, "stray").statusCode()).isEqualTo(500);
        HttpResponse<String> plain =
                login.post(other, "leave", Map.of("Accept", "text/html", "Origin", PageClient.origin(other)));
        assertThat(location(plain)).isEqualTo(FOREIGN + "/out?a=b");

        String leave = location(act(login, other, "leave"));
        assertThat(leave).isEqualTo("/_pages/leave?to=https%3A%2F%2Flogin.example.com%2Fout%3Fa%3Db");
        assertThat(location(PageClient.get(node, leave, null))).isEqualTo(FOREIGN + "/out?a=b");
        for (String target : List.of(
                "https%3A%2F%2Fevil.example",
                "%2F%2Fevil.example",
                "%2Flogin",
                "javascript%3Ax",
                "https%3A%2F%2Flogin.example.com%40evil.example",
                "")) {
            assertThat(PageClient.get(node, "/_pages/leave?to=" + target, null).statusCode())
                    .as(target)
                    .isEqualTo(404);
        }
        assertThat(PageClient.get(node, "/login", null).headers().firstValue("Content-Security-Policy"))
                .hasValueSatisfying(policy -> assertThat(policy).contains("form-action 'self' " + FOREIGN + ";"));
    }

    @Test
    void attributes_are_gone_with_their_request_and_unknown_to_views() {
        try (PageClient home =
                PageClient.load(node, "", "/admin/home", signIn(node, null)).open()) {
            home.act("read");

            await().until(() -> inView.get() != null);
            assertThat(inView.get()).hasMessageContaining("attribute who in a view");
            assertThatThrownBy(() -> Objects.requireNonNull(seen.get()).attribute(WHO))
                    .isInstanceOf(IllegalStateException.class);
        }
    }

    @Test
    void unknown_paths_have_a_page_for_browsers_and_a_problem_for_programs() {
        HttpResponse<String> page = PageClient.get(node, "/nothing/here", null);
        assertThat(page.statusCode()).isEqualTo(404);
        assertThat(page.body()).contains("<h1>Nothing here</h1>");
        assertThat(page.headers().firstValue("Content-Security-Policy")).isPresent();

        HttpResponse<String> problem = TestCluster.get(node.port(), "/nothing/here");
        assertThat(problem.statusCode()).isEqualTo(404);
        assertThat(problem.body()).contains("\"code\":\"not-found\"");
        assertThat(PageClient.get(node, "/_pages/action/greet", null).statusCode())
                .isEqualTo(405);
        assertThat(app.statistics().contexts()).isZero();
    }

    @Test
    void parameters_of_the_query_have_types() {
        assertThat(PageClient.get(node, "/search", null).body()).contains("page 1");
        assertThat(PageClient.get(node, "/search?page=7", null).body()).contains("page 7");
        HttpResponse<String> wrong = PageClient.get(node, "/search?page=%3Cb%3E", null);
        assertThat(wrong.statusCode()).isEqualTo(400);
        assertThat(wrong.body()).contains("parameter page: must be a whole number");
    }

    @Test
    void shell_must_contain_head_and_body() {
        App next = Carillon.app(AppOptions.defaults());

        assertThatThrownBy(() -> next.shell(shell -> "<html>" + shell.body() + "</html>"))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> next.page("/x", p -> {}).page("/x", p -> {}))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> Cookie.of("big", "x".repeat(Cookie.MAX_BYTES)))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> Cookie.of("carillon_session", "x")).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> new Cookie("a", "b", null, false, "Lax; Domain=example.com"))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void shell_head_and_foot_are_those_of_the_application() {
        App shop = Carillon.app(AppOptions.defaults().basePath("/shop"))
                .head(links -> "<link rel=\"next\" href=\"" + links.url("/next") + "\">")
                .foot(links -> "<footer>the end</footer>")
                .shell(shell -> "<!DOCTYPE html><html lang=\"fr\"><head>" + shell.head()
                        + "</head><body class=\"shop\">" + shell.body() + "</body></html>")
                .page("/", page -> {
                    page.title("Tea & cake");
                    page.head("<meta name=\"price\" content=\"3\">");
                    page.view("cake", () -> "cake");
                });
        try (TestCluster shops = new TestCluster("memory://" + UUID.randomUUID(), 1, Map.of(), shop)) {
            String html = PageClient.get(shops.node(0), "/shop", null).body();

            assertThat(html)
                    .startsWith("<!DOCTYPE html><html lang=\"fr\"><head><title>Tea &amp; cake</title>")
                    .contains("<link rel=\"next\" href=\"/shop/next\"><meta name=\"price\" content=\"3\"></head>")
                    .endsWith("<div id=\"cake\">cake</div><footer>the end</footer></body></html>");
        }
    }

    @Test
    void page_below_a_base_path_may_be_shown_in_named_frames() {
        App shop = Carillon.app(AppOptions.defaults().basePath("/shop")).page("/", page -> {
            page.setCookie(Cookie.of("tea", "green"));
            page.action("go", () -> page.redirect("/next"));
            page.view("link", () -> page.links().url("/next"));
        });
        Map<String, String> settings =
                Map.of("base-path", "/my", "frame-ancestors", "https://portal.example.com", "secure-cookie", "true");
        try (TestCluster shops = new TestCluster("memory://" + UUID.randomUUID(), 1, settings, shop)) {
            Node embedded = shops.node(0);
            HttpResponse<String> answer = PageClient.get(embedded, "/my/shop", null);

            assertThat(answer.body())
                    .contains("action=\"/my/shop/_pages/action/\"", "src=\"/my/shop/_pages/pages-")
                    .contains("src=\"/my/shop/_pages/stream?context=", "<div id=\"link\">/my/shop/next</div>");
            assertThat(answer.headers().firstValue("Content-Security-Policy").orElseThrow())
                    .contains("frame-ancestors 'self' https://portal.example.com;");
            assertThat(setCookies(answer))
                    .contains("__Secure-tea=green; Path=/my; HttpOnly; SameSite=None; Secure; Partitioned");
            try (PageClient client =
                    PageClient.load(embedded, "/my/shop", "", null).open()) {
                assertThat(location(act(client, embedded, "go"))).isEqualTo("/my/shop/next");
            }
        }
    }
}
