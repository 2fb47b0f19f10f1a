package dev.carillon.edge;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.carillon.testkit.TestCertificate;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Reading certificates and keys: an error names option, file and rule. */
class ServerCertificateTest {
    @TempDir
    private static Path dir;

    private static TestCertificate rsa;
    private static TestCertificate ec;

    @BeforeAll
    static void make() throws Exception {
        rsa = TestCertificate.make(dir, "rsa", "RSA");
        ec = TestCertificate.make(dir, "ec", "EC");
    }

    @Test
    void rsa_and_ec_certificates_are_read_with_their_validity() {
        assertThat(read(rsa.certificate(), rsa.key()).isValidAt(Instant.now())).isTrue();
        assertThat(read(ec.certificate(), ec.key()).isValidAt(Instant.now().plusSeconds(3_600L * 24 * 365)))
                .isFalse();
    }

    @Test
    void chain_may_follow_the_first_certificate() throws Exception {
        Path chain = Files.writeString(
                dir.resolve("chain.pem"), Files.readString(ec.certificate()) + Files.readString(rsa.certificate()));

        assertThat(read(chain, ec.key()).context()).isNotNull();
        assertThatThrownBy(() -> read(chain, rsa.key())).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void missing_file_or_directory_is_named() {
        Path missing = dir.resolve("missing.pem");

        assertThatThrownBy(() -> read(missing, rsa.key()))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("tls-certificate: " + missing + ": must be a readable file of at most 1 MiB");
        assertThatThrownBy(() -> read(rsa.certificate(), dir))
                .hasMessage("tls-key: " + dir + ": must be a readable file of at most 1 MiB");
    }

    @Test
    void file_of_another_kind_is_named_without_its_content() {
        assertThatThrownBy(() -> read(rsa.key(), rsa.key()))
                .hasMessage("tls-certificate: " + rsa.key() + ": must hold a chain of certificates in PEM");
        assertThatThrownBy(() -> read(rsa.certificate(), rsa.certificate()))
                .hasMessageStartingWith("tls-key: " + rsa.certificate() + ": must hold an RSA or EC key in PKCS#8 PEM");
    }

    @Test
    void key_of_another_certificate_is_named() throws Exception {
        TestCertificate other = TestCertificate.make(dir, "other", "EC");
        assertThatThrownBy(() -> read(ec.certificate(), other.key()))
                .hasMessage("tls-key: " + other.key() + ": must be the key of the first certificate in "
                        + ec.certificate());
        assertThatThrownBy(() -> read(rsa.certificate(), ec.key()))
                .hasMessage(
                        "tls-key: " + ec.key() + ": must be the key of the first certificate in " + rsa.certificate());
    }

    private static ServerCertificate read(Path certificate, Path key) {
        return ServerCertificate.read(
                certificate,
                key,
                (option, file, rule) -> new IllegalArgumentException(option + ": " + file + ": " + rule));
    }
}
