package dev.carillon.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import dev.carillon.testkit.TestAuthority;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Nodes behind TLS. */
@Tag("own-jvm") // Changes the trust store of the whole JVM.
class NodeTlsIT extends ProxyFixture {
    @TempDir
    @SuppressWarnings("NullAway.Init")
    private static Path dir;

    @SuppressWarnings("NullAway.Init")
    private static TestAuthority authority;

    @BeforeAll
    static void trust_the_authority() throws Exception {
        authority = new TestAuthority(dir);
        authority.trustInThisJvm();
    }

    private TestNode node(TestAuthority.Identity identity) {
        TestNode node = own(new TestNode(identity.server()));
        nodes.add(node);
        return node;
    }

    @Test
    void requests_streams_and_checks_reach_a_node_with_a_certificate_for_its_name() throws Exception {
        TestNode node = node(authority.issue("good", "dns:localhost"));
        StickyProxy proxy = proxy();

        assertThat(view(proxy, node).state()).isEqualTo(NodeState.UP);
        assertThat(who(proxy, "")).isEqualTo(node.name());
        assertThat(who(proxy, "")).isEqualTo(node.name());
        AtomicBoolean ended = new AtomicBoolean();
        node.answer = (request, socket) -> {
            TestNode.openStream(socket);
            for (int i = 0; i < 3; i++) {
                TestNode.write(socket, "data: " + i + "\n\n");
            }
            try {
                TestNode.awaitEnd(socket);
            } finally {
                ended.set(true);
            }
        };
        RawClient client = client(proxy).stream("/events");
        client.head();
        for (int i = 0; i < 3; i++) {
            assertThat(client.line()).isEqualTo("data: " + i);
            assertThat(client.line()).isEmpty();
        }
        client.close();
        await(() -> open(proxy) == 0 && ended.get());
    }

    @Test
    void a_node_whose_certificate_is_not_for_its_name_or_not_trusted_gets_no_request() throws Exception {
        TestNode other = node(authority.issue("other", "dns:other.test,ip:127.0.0.1"));
        TestNode own = node(authority.selfSigned("own", "dns:localhost"));
        StickyProxy proxy = proxy();

        assertThat(List.of(view(proxy, other).state(), view(proxy, own).state()))
                .containsOnly(NodeState.DOWN);
        assertThat(get(proxy, "").status()).isEqualTo("HTTP/1.1 503 Service Unavailable");
        assertThat(other.requests).isEmpty();
        assertThat(own.requests).isEmpty();
        assertThat(logged())
                .anySatisfy(event -> assertThat(event.getKeyValuePairs().toString())
                        .contains("TLS: No subject alternative DNS name matching localhost found."));
    }

    @Test
    void a_request_is_not_sent_to_a_node_whose_certificate_was_exchanged() throws Exception {
        TestNode good = node(authority.issue("first", "dns:localhost"));
        // Only the first check is made; then another server takes the port.
        StickyProxy proxy = proxy(config().withHealth(new ProxyConfig.Health(
                "/_health", java.time.Duration.ofHours(1), java.time.Duration.ofSeconds(10), 2)));
        assertThat(view(proxy, good).state()).isEqualTo(NodeState.UP);
        good.exchange(authority.issue("second", "dns:other.test").server());

        assertThat(get(proxy, "").status()).isEqualTo("HTTP/1.1 502 Bad Gateway");
        assertThat(good.requests).isEmpty();
    }
}
