package dev.carillon.jwt;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.carillon.testkit.Patience;
import dev.carillon.testkit.TestAuthority;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** TLS: keys are accepted only from the host of the URL. */
@Tag("own-jvm") // Changes the trust store of the whole JVM.
class JwksSecureIT {
    private static final List<String> HOSTS = List.of("localhost", "127.0.0.1");

    @TempDir
    @SuppressWarnings("NullAway.Init")
    private static Path dir;

    @SuppressWarnings("NullAway.Init")
    private static TestAuthority authority;

    @BeforeAll
    static void trust() throws Exception {
        // Carillon's own check must refuse the certificates, not only the library's.
        System.setProperty("jdk.internal.httpclient.disableHostnameVerification", "true");
        authority = new TestAuthority(dir);
        authority.trustInThisJvm();
    }

    @Test
    void certificate_of_the_host_is_accepted() throws Exception {
        try (TestIssuer issuer = issuer(authority.issue("good", "dns:localhost,ip:127.0.0.1"))) {
            for (String host : HOSTS) {
                assertThat(fetch(issuer, host)).isEqualTo("{}");
            }
        }
    }

    @Test
    void certificate_of_another_host_is_refused() throws Exception {
        assertRefused(authority.issue("other", "dns:other.example,ip:127.0.0.2"), "No subject alternative ");
    }

    @Test
    void expired_certificate_is_refused() throws Exception {
        assertRefused(authority.expired("expired", "dns:localhost,ip:127.0.0.1"), "PKIX path validation failed");
    }

    @Test
    void self_signed_certificate_is_refused() throws Exception {
        assertRefused(
                authority.selfSigned("alone", "dns:localhost,ip:127.0.0.1"), "unable to find valid certification path");
    }

    private static void assertRefused(TestAuthority.Identity identity, String reason) {
        try (TestIssuer issuer = issuer(identity)) {
            for (String host : HOSTS) {
                assertThatThrownBy(() -> fetch(issuer, host))
                        .as(host)
                        .isInstanceOf(IOException.class)
                        .hasMessageContaining(reason);
            }
            assertThat(issuer.requests()).isZero();
        }
    }

    private static TestIssuer issuer(TestAuthority.Identity identity) {
        TestIssuer issuer = new TestIssuer(identity.server());
        issuer.answer(TestIssuer.text("{}"));
        return issuer;
    }

    private static String fetch(TestIssuer issuer, String host) throws IOException, InterruptedException {
        return new JwksClient(URI.create(issuer.url(host)), Patience.LIMIT, Thread::startVirtualThread).fetch();
    }
}
