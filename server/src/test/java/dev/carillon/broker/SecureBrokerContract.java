package dev.carillon.broker;

import static dev.carillon.broker.RecordingNode.get;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.carillon.base.ConfigException;
import dev.carillon.process.TestServer;
import dev.carillon.scope.Event;
import dev.carillon.scope.Scope;
import dev.carillon.testkit.Patience;
import dev.carillon.testkit.TestAuthority;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Over TLS, every broker accepts the certificate of the requested server, and sends no other server its password. */
@Tag("own-jvm") // What the JVM trusts holds for all of it.
public abstract class SecureBrokerContract {
    @TempDir
    @SuppressWarnings("NullAway.Init")
    private static Path dir;

    @SuppressWarnings("NullAway.Init")
    private static TestAuthority authority;

    /** A separate server that accepts only TLS, with these PEM files. */
    protected abstract TestServer server(Path certificate, Path key);

    @BeforeAll
    static void trust() throws Exception {
        authority = new TestAuthority(dir);
        authority.trustInThisJvm();
    }

    @Test
    void certificate_with_name_and_address_is_accepted() throws Exception {
        try (TestServer server = server(authority.issue("good", "dns:localhost,ip:127.0.0.1"))) {
            for (String host : List.of("localhost", "127.0.0.1")) {
                try (Broker broker = Brokers.open(address(server, host), options())) {
                    get(broker.channel()
                            .broadcast(Event.to(Scope.GLOBAL).data("x").build()));

                    assertThat(broker.health().connected()).as(host).isTrue();
                }
            }
        }
    }

    @Test
    void certificate_for_another_name_is_refused_at_once() throws Exception {
        assertRefused(
                authority.issue("other", "dns:other.example,ip:127.0.0.2"),
                "No subject alternative DNS name matching localhost found",
                "No subject alternative names matching IP address 127.0.0.1 found");
    }

    @Test
    void certificate_for_the_name_alone_is_refused_for_its_address() throws Exception {
        try (TestServer server = server(authority.issue("name", "dns:localhost"))) {
            Brokers.open(address(server, "localhost"), options()).close();

            assertRefused(server, "127.0.0.1", "No subject alternative names matching IP address 127.0.0.1 found");
        }
    }

    @Test
    void certificate_that_has_expired_is_refused_at_once() throws Exception {
        assertRefused(authority.expired("expired", "dns:localhost,ip:127.0.0.1"), "NotAfter: ", "NotAfter: ");
    }

    @Test
    void certificate_that_no_authority_signed_is_refused_at_once() throws Exception {
        String reason = "unable to find valid certification path";
        assertRefused(authority.selfSigned("alone", "dns:localhost,ip:127.0.0.1"), reason, reason);
    }

    private void assertRefused(TestAuthority.Identity identity, String byName, String byAddress) {
        try (TestServer server = server(identity)) {
            assertRefused(server, "localhost", byName);
            assertRefused(server, "127.0.0.1", byAddress);
        }
    }

    private static void assertRefused(TestServer server, String host, String reason) {
        assertThatThrownBy(() -> Brokers.open(address(server, "user:SECRET@" + host), options())
                        .close())
                .isInstanceOf(ConfigException.class)
                .hasMessageStartingWith("broker: " + server.scheme() + "://")
                .hasMessageContaining("the certificate of the server is refused: ")
                .hasMessageContaining(reason)
                .hasMessageNotContaining("SECRET");
    }

    private TestServer server(TestAuthority.Identity identity) {
        return server(identity.certificate(), identity.key());
    }

    private static String address(TestServer server, String host) {
        return server.scheme() + "://" + host + ":" + server.port();
    }

    /** The time limit of a test: a refusal within it has not waited for it. */
    private static BrokerOptions options() {
        return BrokerOptions.of("n").startTimeout(Patience.LIMIT);
    }
}
