package dev.carillon.transport;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.carillon.base.ConfigException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Optional;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Files of TLS that cannot be used: the error names key, file and rule. */
class TlsTest {
    @TempDir
    private static Path dir;

    private static TlsFiles rsa;
    private static TlsFiles ec;

    @BeforeAll
    static void make() throws Exception {
        rsa = TestCertificate.make(dir, "rsa", "RSA").files();
        ec = TestCertificate.make(dir, "ec", "EC").files();
    }

    @Test
    void rsa_and_ec_are_read_with_their_time() {
        assertThat(Tls.read(rsa).isValidAt(Instant.now())).isTrue();
        assertThat(Tls.read(ec).isValidAt(Instant.now().plusSeconds(3_600L * 24 * 365)))
                .isFalse();
    }

    @Test
    void a_chain_may_follow_its_first_certificate() throws Exception {
        Path chain = Files.writeString(
                dir.resolve("chain.pem"), Files.readString(ec.certificate()) + Files.readString(rsa.certificate()));

        assertThat(Tls.read(new TlsFiles(chain, ec.key())).context()).isNotNull();
        assertThatThrownBy(() -> Tls.read(new TlsFiles(chain, rsa.key()))).isInstanceOf(ConfigException.class);
    }

    @Test
    void one_that_is_missing_or_no_file_is_named() {
        Path missing = dir.resolve("missing.pem");

        assertThatThrownBy(() -> Tls.read(new TlsFiles(missing, rsa.key())))
                .isInstanceOf(ConfigException.class)
                .hasMessage("tls-certificate: " + missing + ": must be a readable file of at most 1 MiB");
        assertThatThrownBy(() -> Tls.read(new TlsFiles(rsa.certificate(), dir)))
                .hasMessage("tls-key: " + dir + ": must be a readable file of at most 1 MiB");
    }

    @Test
    void one_of_another_kind_is_named_and_its_content_is_not_shown() {
        assertThatThrownBy(() -> Tls.read(new TlsFiles(rsa.key(), rsa.key())))
                .hasMessage("tls-certificate: " + rsa.key() + ": must hold a chain of certificates in PEM");
        assertThatThrownBy(() -> Tls.read(new TlsFiles(rsa.certificate(), rsa.certificate())))
                .hasMessageStartingWith("tls-key: " + rsa.certificate() + ": must hold an RSA or EC key in PKCS#8 PEM");
    }

    @Test
    void a_key_of_another_certificate_is_named() throws Exception {
        TlsFiles other = TestCertificate.make(dir, "other", "EC").files();
        assertThatThrownBy(() -> Tls.read(new TlsFiles(ec.certificate(), other.key())))
                .hasMessage("tls-key: " + other.key() + ": must be the key of the first certificate in "
                        + ec.certificate());
        assertThatThrownBy(() -> Tls.read(new TlsFiles(rsa.certificate(), ec.key())))
                .hasMessage(
                        "tls-key: " + ec.key() + ": must be the key of the first certificate in " + rsa.certificate());
    }

    @Test
    void one_without_the_other_is_refused() {
        assertThatThrownBy(() -> TlsFiles.of(Optional.of("a.pem"), Optional.empty()))
                .hasMessage("tls-key: (none): must be given beside tls-certificate");
        assertThatThrownBy(() -> TlsFiles.of(Optional.empty(), Optional.of("a.pem")))
                .hasMessage("tls-certificate: (none): must be given beside tls-key");
        assertThat(TlsFiles.of(Optional.empty(), Optional.empty())).isEmpty();
    }
}
