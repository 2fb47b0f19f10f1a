package dev.carillon.jwt;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.jsonwebtoken.Jwts;
import io.jsonwebtoken.security.Jwk;
import io.jsonwebtoken.security.Jwks;
import java.io.IOException;
import java.security.KeyPair;
import java.security.interfaces.ECPublicKey;
import java.security.interfaces.RSAPublicKey;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class PublicKeysTest {
    private static final KeyPair RSA = TestKeys.pair("RS256", 1);
    private static final KeyPair EC = TestKeys.pair("ES256", 1);
    private static final RSAPublicKey RSA_KEY = (RSAPublicKey) RSA.getPublic();
    private static final ECPublicKey EC_KEY = (ECPublicKey) EC.getPublic();

    @Test
    void key_is_found_by_its_id_and_algorithm() throws IOException {
        PublicKeys keys = PublicKeys.parse(TestIssuer.set(
                Jwks.builder().key(RSA_KEY).id("r").build(),
                Jwks.builder().key(EC_KEY).id("e").build()));

        assertThat(keys.find("RS256", "r")).isEqualTo(RSA_KEY);
        assertThat(keys.find("PS512", "r")).isEqualTo(RSA_KEY);
        assertThat(keys.find("ES256", "e")).isEqualTo(EC_KEY);
        assertUnknown(keys, "RS256", "x");
        assertUnknown(keys, "ES256", "r");
        assertUnknown(keys, "EdDSA", "e");
    }

    @Test
    void key_without_an_id_is_found_if_it_is_the_only_one_for_the_algorithm() throws IOException {
        Jwk<?> one = Jwks.builder().key(RSA_KEY).id("1").build();
        Jwk<?> two = Jwks.builder().key(EC_KEY).id("2").build();
        Jwk<?> three = Jwks.builder()
                .key((ECPublicKey) TestKeys.pair("ES256", 2).getPublic())
                .build();

        assertThat(PublicKeys.parse(TestIssuer.set(one, two)).find("ES256", null))
                .isEqualTo(EC_KEY);
        assertUnknown(PublicKeys.parse(TestIssuer.set(one, two, three)), "ES256", null);
    }

    @Test
    void restrictions_of_a_key_are_respected() throws IOException {
        PublicKeys keys = PublicKeys.parse(TestIssuer.set(
                Jwks.builder().key(RSA_KEY).id("alg").algorithm("PS256").build(),
                Jwks.builder().key(RSA_KEY).id("enc").publicKeyUse("enc").build(),
                Jwks.builder().key(RSA_KEY).id("sig").publicKeyUse("sig").build(),
                Jwks.builder()
                        .key(RSA_KEY)
                        .id("wrap")
                        .operations()
                        .add(Jwks.OP.WRAP_KEY)
                        .and()
                        .build()));

        assertThat(keys.find("PS256", "alg")).isEqualTo(RSA_KEY);
        assertUnknown(keys, "RS256", "alg");
        assertUnknown(keys, "RS256", "enc");
        assertThat(keys.find("RS256", "sig")).isEqualTo(RSA_KEY);
        assertUnknown(keys, "RS256", "wrap");
    }

    @Test
    void secret_and_private_keys_are_ignored() throws IOException {
        PublicKeys keys = PublicKeys.parse(TestIssuer.set(
                Jwks.builder().key(EC_KEY).id("e").build(),
                Jwks.builder().key(Jwts.SIG.HS256.key().build()).id("secret").build(),
                Jwks.builder().rsaKeyPair(RSA).id("private").build()));

        assertUnknown(keys, "HS256", "secret");
        assertUnknown(keys, "RS256", "private");
        assertThat(keys.find("ES256", "e")).isEqualTo(EC_KEY);
    }

    @Test
    void unknown_and_malformed_keys_are_ignored() throws IOException {
        String json = TestIssuer.set(Jwks.builder().key(EC_KEY).id("e").build())
                .replace("[", "[{\"kty\":\"new\",\"kid\":\"n\"},{\"kty\":\"RSA\",\"kid\":\"b\",\"n\":7},7,");

        assertThat(PublicKeys.parse(json).find("ES256", "e")).isEqualTo(EC_KEY);
    }

    @Test
    void errors_for_invalid_sets_do_not_contain_their_text() {
        for (String bad : List.of(
                "",
                "sesame",
                "{}",
                "[]",
                "null",
                "{\"keys\":null}",
                "{\"keys\":[]}",
                "{\"keys\":{\"sesame\":1}}",
                "{\"keys\":[{\"kty\":\"oct\",\"k\":\"sesamesesamesesame\"}]}",
                "[".repeat(100_000),
                "{\"keys\":" + "[".repeat(50_000))) {
            assertThatThrownBy(() -> PublicKeys.parse(bad))
                    .isInstanceOf(IOException.class)
                    .hasMessageNotContaining("sesame");
        }
    }

    @Test
    void number_of_keys_in_a_set_is_limited() throws IOException {
        List<Jwk<?>> most = IntStream.range(0, PublicKeys.MAX_KEYS)
                .<Jwk<?>>mapToObj(i -> Jwks.builder().key(EC_KEY).id("k" + i).build())
                .toList();

        assertThat(PublicKeys.parse(TestIssuer.set(most.toArray(Jwk<?>[]::new))).find("ES256", "k99"))
                .isEqualTo(EC_KEY);
        assertThatThrownBy(() -> PublicKeys.parse(TestIssuer.set(Stream.concat(
                                most.stream(),
                                Stream.of(Jwks.builder().key(EC_KEY).id("more").build()))
                        .toArray(Jwk<?>[]::new))))
                .hasMessage("the JWK Set has more than 100 keys");
    }

    private static void assertUnknown(PublicKeys keys, String algorithm, @Nullable String id) {
        assertThatThrownBy(() -> keys.find(algorithm, id)).isInstanceOf(PublicKeys.UnknownKeyException.class);
    }
}
