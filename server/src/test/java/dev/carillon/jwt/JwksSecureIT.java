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

/** Keys are taken from the issuer of the URL alone. */
@Tag("own-jvm") // What the JVM trusts holds for all of it.
class JwksSecureIT {
    private static final List<String> HOSTS = List.of("localhost", "127.0.0.1");

    @TempDir
    @SuppressWarnings("NullAway.Init")
    private static Path dir;

    @SuppressWarnings("NullAway.Init")
    private static TestAuthority authority;

    @BeforeAll
    static void trust() throws Exception {
        // The check is ours, and does not hang on the library's own.
        System.setProperty("jdk.internal.httpclient.disableHostnameVerification", "true");
        authority = new TestAuthority(dir);
        authority.trustInThisJvm();
    }

    @Test
    void certificate_of_the_name_and_the_address_is_accepted() throws Exception {
        try (TestIssuer issuer = issuer(authority.issue("good", "dns:localhost,ip:127.0.0.1"))) {
            for (String host : HOSTS) {
                assertThat(fetch(issuer, host)).isEqualTo("{}");
            }
        }
    }

    @Test
    void certificate_for_another_name_is_refused() throws Exception {
        assertRefused(authority.issue("other", "dns:other.example,ip:127.0.0.2"), "No subject alternative ");
    }

    @Test
    void certificate_that_has_expired_is_refused() throws Exception {
        assertRefused(authority.expired("expired", "dns:localhost,ip:127.0.0.1"), "PKIX path validation failed");
    }

    @Test
    void certificate_that_no_authority_signed_is_refused() throws Exception {
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
