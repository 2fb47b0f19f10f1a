package dev.carillon.proxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.URI;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class StickinessIT extends ProxyFixture {
    private static final int SESSIONS = 1_000;

    @ParameterizedTest
    @ValueSource(ints = {1, 8})
    void a_thousand_sessions_are_balanced_and_each_stays_at_its_node(int size) throws Exception {
        for (int i = 0; i < size; i++) {
            node();
        }
        StickyProxy proxy = proxy();
        Map<String, String> nodeOf = new HashMap<>();
        Map<String, Integer> sessions = new HashMap<>();
        for (int i = 0; i < SESSIONS; i++) {
            try (RawClient client = new RawClient(proxy.port())) {
                RawClient.Head head = client.get("/", "").head();
                String node = client.body(head);
                sessions.merge(node, 1, Integer::sum);
                nodeOf.put(head.cookie(), node);

                assertThat(client.body(client.get("/", cookie(head.cookie())).head()))
                        .isEqualTo(node);
            }
        }

        assertThat(nodeOf).hasSize(size);
        assertThat(sessions.values())
                .hasSize(size)
                .allSatisfy(n -> assertThat((double) n).isBetween(0.9 * SESSIONS / size, 1.1 * SESSIONS / size));
    }

    @Test
    void new_streams_go_to_the_node_with_the_fewest_open_ones() throws Exception {
        TestNode full = node();
        TestNode free = node();
        full.answer = free.answer = (request, socket) -> {
            TestNode.openStream(socket);
            TestNode.awaitEnd(socket);
        };
        StickyProxy proxy = proxy();
        for (int i = 0; i < 10; i++) {
            client(proxy).get("/", cookie(full)).head();
        }
        for (int i = 0; i < 10; i++) {
            client(proxy).stream("/").head();
        }

        assertThat(view(proxy, full).open()).isEqualTo(10);
        assertThat(view(proxy, free).open()).isEqualTo(10);
    }

    @Test
    void the_cookie_is_opaque_http_only_and_valid_for_the_whole_site() throws Exception {
        TestNode node = node();

        String header = get(proxy(), "").header("Set-Cookie").getFirst();

        assertThat(header).matches("carillon_node=[A-Za-z0-9_-]{16}; Path=/; HttpOnly; SameSite=Lax");
        assertThat(header).doesNotContain(String.valueOf(node.port()));
    }

    @Test
    void the_cookie_is_valid_for_the_base_path_of_the_nodes() throws Exception {
        node();

        assertThat(get(proxy(config().withCookiePath("/myapp")), "").header("Set-Cookie"))
                .hasSize(1)
                .allSatisfy(header -> assertThat(header).contains("; Path=/myapp; HttpOnly"));
        assertThatThrownBy(() -> config().withCookiePath("/a; Domain=example.com"))
                .isInstanceOf(ProxyConfigException.class)
                .hasMessageContaining("base-path");
    }

    @Test
    void the_cookie_is_secure_if_configured() throws Exception {
        node();

        assertThat(get(proxy(config().withSecureCookie(true)), "").header("Set-Cookie"))
                .hasSize(1)
                .allSatisfy(header -> assertThat(header).endsWith("; Secure"));
    }

    @Test
    void a_client_with_a_valid_cookie_gets_no_new_one() throws Exception {
        TestNode node = node();

        assertThat(get(proxy(), cookie(node)).header("Set-Cookie")).isEmpty();
    }

    @Test
    void a_stream_sets_the_cookie_too() throws Exception {
        TestNode node = node();
        node.answer = (request, socket) -> {
            TestNode.openStream(socket);
            TestNode.awaitEnd(socket);
        };

        assertThat(client(proxy()).stream("/events").head().cookie())
                .isEqualTo(StickyCookie.valueOf(node.url().toString()));
    }

    @Test
    void another_proxy_of_the_same_nodes_uses_the_same_cookie() throws Exception {
        node();
        node();
        String cookie = get(proxy(), "").cookie();
        StickyProxy other = proxy();

        assertThat(get(other, cookie(cookie)).header("Set-Cookie")).isEmpty();
    }

    @Test
    void an_invalid_cookie_is_ignored() throws Exception {
        TestNode node = node();
        node();
        StickyProxy proxy = proxy();
        String own = StickyCookie.valueOf(node.url().toString());
        for (String sent : new String[] {
            "carillon_node=",
            "carillon_node=forged",
            "carillon_node=" + "x".repeat(8_000),
            "carillon_node=forged; carillon_node=" + own,
            "carillon_node=\"" + own,
            "carillon_node",
            "; ;=; carillon_node=" + URI.create("http://x")
        }) {
            assertThat(get(proxy, "Cookie: " + sent + "\r\n")).satisfies(head -> {
                assertThat(head.status()).isEqualTo("HTTP/1.1 200 OK");
                assertThat(head.cookie()).as(sent).hasSize(16);
            });
        }
    }

    @Test
    void the_first_of_several_cookies_is_used_quoted_or_next_to_any_bytes() throws Exception {
        TestNode node = node();
        node();
        StickyProxy proxy = proxy();
        String own = StickyCookie.valueOf(node.url().toString());
        for (String sent : new String[] {
            "carillon_node=" + own + "; carillon_node=forged",
            "carillon_node=\"" + own + "\"",
            "name=\u00c3\u00a9; carillon_node=" + own,
            "name=\u00e9; =; \"; carillon_node=" + own + "; x=\u0080"
        }) {
            assertThat(get(proxy, "Cookie: " + sent + "\r\n").header("Set-Cookie"))
                    .as(sent)
                    .isEmpty();
        }
    }

    @Test
    void nodes_get_all_cookies_unchanged() throws IOException, InterruptedException {
        TestNode node = node();
        StickyProxy proxy = proxy();

        get(proxy, "Cookie: a=1; carillon_node=x; b = \"2;3\"\r\n");
        get(proxy, "Cookie: carillon_node=x\r\n");
        get(proxy, "Cookie: a=1;b=2;;\r\n");
        get(proxy, "Cookie: my_carillon_node=1; a=carillon_node=2\r\n");

        assertThat(node.requests.stream().map(request -> request.header("Cookie")))
                .map(headers -> String.join("|", headers))
                .containsExactly(
                        "a=1; carillon_node=x; b = \"2;3\"",
                        "carillon_node=x",
                        "a=1;b=2;;",
                        "my_carillon_node=1; a=carillon_node=2");
    }
}
