package dev.carillon.jwt;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.carillon.base.ConfigException;
import dev.carillon.secret.Secrets;
import io.jsonwebtoken.Jwts;
import io.jsonwebtoken.security.Jwks;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyPairGenerator;
import java.security.PublicKey;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class VerificationKeyTest {
    private static final JwtConfig.Names NAMES = new JwtConfig.Names("the-alg", "the-key");
    private static final PublicKey RSA = TestKeys.pair("RS256", 1).getPublic();
    private static final String RSA_ALGORITHMS = "it is for the-alg RS256, RS384, RS512, PS256, PS384, PS512";

    /** An EC certificate that has expired; only its key is used. */
    private static final String CERTIFICATE = """
            -----BEGIN CERTIFICATE-----
            MIIBdzCCAR2gAwIBAgIUdipqaujxq9FXtXMxr5Nj1cX2C3gwCgYIKoZIzj0EAwIw
            ETEPMA0GA1UEAwwGaXNzdWVyMB4XDTI2MTEyODAxNTcwOFoXDTI2MTEyOTAxNTcw
            OFowETEPMA0GA1UEAwwGaXNzdWVyMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE
            HnUerbLNLnqpxQs21K7COaIvQ0iET2e6wPCO58+pugQzRgxBTiPYq4uQm1gl34jP
            pC1eVG9iP5B24rpwL/oI1KNTMFEwHQYDVR0OBBYEFMZeSgLC1sRNYZY0L79O+L6h
            TDABMB8GA1UdIwQYMBaAFMZeSgLC1sRNYZY0L79O+L6hTDABMA8GA1UdEwEB/wQF
            MAMBAf8wCgYIKoZIzj0EAwIDSAAwRQIhANEb0Vzuw7v6cPizzdsF70UpCabun9yE
            AVDJ7+zZe7E3AiA94hrK5GL0gUUYzna02IFBp96yQmeWuW+aPJcQB203ZQ==
            -----END CERTIFICATE-----
            """;

    static Stream<Arguments> publicKeys() {
        return Stream.of(
                        Stream.of("RS256", "ES256", "ES384", "ES512", "EdDSA")
                                .map(name -> Arguments.of(
                                        TestKeys.pem("PUBLIC KEY", encoded(name)),
                                        name.equals("RS256") ? RSA_ALGORITHMS : "it is for the-alg " + name)),
                        Stream.of(
                                Arguments.of(pkcs1(), RSA_ALGORITHMS),
                                Arguments.of(CERTIFICATE, "it is for the-alg ES256"),
                                // With escaped line breaks, as in a file of environment variables.
                                Arguments.of(
                                        TestKeys.pem("PUBLIC KEY", RSA.getEncoded())
                                                .replace("\r", "")
                                                .replace("\n", "\\n"),
                                        RSA_ALGORITHMS),
                                // Without the BEGIN and END lines.
                                Arguments.of(Base64.getMimeEncoder().encodeToString(RSA.getEncoded()), RSA_ALGORITHMS),
                                Arguments.of(
                                        Base64.getEncoder().encodeToString(encoded("EdDSA")),
                                        "it is for the-alg EdDSA")))
                .flatMap(s -> s);
    }

    @ParameterizedTest
    @MethodSource("publicKeys")
    void public_key_is_refused_as_a_shared_secret_and_the_error_names_its_algorithms(String text, String algorithms) {
        for (String algorithm : List.of("HS256", "HS384", "HS512")) {
            assertRefused(
                    algorithm,
                    text,
                    "is a public key, but " + algorithm + " needs a shared secret that no client knows: " + algorithms);
        }
    }

    @ParameterizedTest
    @MethodSource("publicKeys")
    void public_key_is_accepted_for_its_algorithms_only(String text, String algorithms) {
        List<String> supported =
                List.of(algorithms.substring("it is for the-alg ".length()).split(", "));

        for (String algorithm : JwksConfig.ALGORITHMS) {
            if (supported.contains(algorithm)) {
                assertThat(VerificationKey.of(NAMES, algorithm, text)).isInstanceOf(VerificationKey.Public.class);
            } else {
                assertRefused(algorithm, text, "is not a public key for " + algorithm + ": " + algorithms);
            }
        }
    }

    @Test
    void all_formats_of_a_key_are_read_alike() {
        VerificationKey spki = VerificationKey.of(NAMES, "RS256", TestKeys.pem("PUBLIC KEY", RSA.getEncoded()));

        assertThat(spki).isEqualTo(new VerificationKey.Public(Jwts.SIG.RS256, RSA));
        assertThat(VerificationKey.of(NAMES, "RS256", "a note\n" + pkcs1() + "another\n"))
                .isEqualTo(spki);
    }

    @Test
    void error_names_the_format_of_an_unusable_key() throws GeneralSecurityException {
        String isPrivate =
                "is a private key, which only the issuer of tokens should have: give its public key (openssl pkey -in FILE -pubout)";
        String der = Base64.getEncoder().encodeToString(new byte[40]);
        KeyPairGenerator weak = KeyPairGenerator.getInstance("RSA");
        weak.initialize(1024);
        String small =
                TestKeys.pem("PUBLIC KEY", weak.generateKeyPair().getPublic().getEncoded());
        String none = "no JWS algorithm supports it (RSA needs at least 2048 bits, EC the curve P-256, P-384 or P-521)";

        for (String algorithm : List.of("HS256", "RS256", "ES256")) {
            for (String label : List.of("PRIVATE KEY", "RSA PRIVATE KEY", "EC PRIVATE KEY", "ENCRYPTED PRIVATE KEY")) {
                assertRefused(algorithm, TestKeys.pem(label, new byte[40]), isPrivate);
                assertRefused(algorithm, CERTIFICATE + TestKeys.pem(label, new byte[40]), isPrivate);
            }
            assertRefused(algorithm, CERTIFICATE + CERTIFICATE, "is PEM of 2 keys or certificates: must be one");
            assertRefused(
                    algorithm,
                    TestKeys.pem("CERTIFICATE REQUEST", new byte[40]),
                    "is PEM of a CERTIFICATE REQUEST that cannot be read: must be a PUBLIC KEY, RSA PUBLIC KEY or CERTIFICATE");
            assertRefused(
                    algorithm,
                    TestKeys.pem("PUBLIC KEY", new byte[40]),
                    "is PEM of a PUBLIC KEY that cannot be read: must be a PUBLIC KEY, RSA PUBLIC KEY or CERTIFICATE");
            for (String cut : List.of(
                    "-----BEGIN PUBLIC KEY-----\n" + der,
                    "---- BEGIN SSH2 PUBLIC KEY ----\n" + der + "\n---- END SSH2 PUBLIC KEY ----")) {
                assertRefused(
                        algorithm, cut, "is PEM that cannot be read: must be one whole public key or certificate");
            }
            assertRefused(
                    algorithm,
                    "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIC4 me@here",
                    "is a key of OpenSSH: give it as PEM (ssh-keygen -e -m PKCS8 -f FILE)");
            String file = "-----BEGIN PUBLIC KEY-----\n" + der + "\n-----END PUBLIC KEY-----\n";
            assertRefused(
                    algorithm,
                    Base64.getEncoder().encodeToString(file.getBytes(StandardCharsets.US_ASCII)),
                    "is a key file in Base64: give the file's text as it is");
            for (String jwk : List.of(
                    TestIssuer.set(Jwks.builder().key(RSA).build()),
                    "{\"kty\":\"oct\",\"k\":\"MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY\"}")) {
                assertRefused(algorithm, jwk, "is a JWK: give a public key as PEM, a shared secret as plain text");
            }
        }
        assertRefused("RS256", small, "is not a public key for RS256: " + none);
        assertRefused("HS256", small, "is a public key, but HS256 needs a shared secret that no client knows: " + none);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "!ChangeThisMercureHubJWTSecretKey!",
                "0123456789abcdef0123456789abcdef",
                "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=",
                "{a secret that begins with a brace}",
                "a secret that says BEGIN, and ---- lines",
                "ssh- and ecdsa- are no prefixes of a key"
            })
    void shared_secret_is_used_unchanged(String text) {
        assertThat(VerificationKey.of(NAMES, "HS256", text))
                .isEqualTo(new VerificationKey.Secret(Jwts.SIG.HS256, TestKeys.secret(text)));
    }

    @ParameterizedTest
    @ValueSource(strings = {"none", "HS1", "", "rs256", "RSA1_5"})
    void unknown_algorithm_is_refused(String algorithm) {
        assertThatThrownBy(() -> VerificationKey.of(NAMES, algorithm, "0123456789abcdef".repeat(4)))
                .isInstanceOf(ConfigException.class)
                .hasMessageStartingWith("the-alg: " + algorithm + ": must be one of HS256, ");
    }

    @ParameterizedTest
    @MethodSource("publicKeys")
    void public_key_is_refused_as_a_cluster_secret(String text) {
        assertThatThrownBy(() -> new Secrets(List.of("a secret of the tests", text)))
                .isInstanceOf(ConfigException.class)
                .hasMessage(
                        "secret: (hidden): is a public key, which is no secret: use random characters (openssl rand -base64 48)");
    }

    private static void assertRefused(String algorithm, String text, String rule) {
        assertThatThrownBy(() -> VerificationKey.of(NAMES, algorithm, text))
                .isInstanceOf(ConfigException.class)
                .hasMessage("the-key: (hidden): " + rule);
    }

    private static byte[] encoded(String algorithm) {
        return TestKeys.pair(algorithm, 1).getPublic().getEncoded();
    }

    /** The PKCS #1 part of an SPKI with a 2048-bit key. */
    private static String pkcs1() {
        byte[] spki = RSA.getEncoded();
        return TestKeys.pem("RSA PUBLIC KEY", Arrays.copyOfRange(spki, 24, spki.length));
    }
}
