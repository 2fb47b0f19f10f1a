package dev.carillon.jwt;

import io.jsonwebtoken.Jwts;
import io.jsonwebtoken.security.Keys;
import io.jsonwebtoken.security.SignatureAlgorithm;
import java.nio.charset.StandardCharsets;
import java.security.KeyPair;
import java.util.Base64;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import javax.crypto.SecretKey;

/** Key pairs, generated once, as generating an RSA key takes seconds. */
final class TestKeys {
    private static final Map<String, KeyPair> PAIRS = new ConcurrentHashMap<>();

    private TestKeys() {}

    static SignatureAlgorithm algorithm(String name) {
        return (SignatureAlgorithm) Objects.requireNonNull(Jwts.SIG.get().get(name));
    }

    /** The key of a verifier that is configured with this text. */
    static SecretKey secret(String text) {
        return Keys.hmacShaKeyFor(text.getBytes(StandardCharsets.UTF_8));
    }

    static String pem(String label, byte[] der) {
        return "-----BEGIN " + label + "-----\n" + Base64.getMimeEncoder().encodeToString(der) + "\n-----END " + label
                + "-----\n";
    }

    /** @param number selects one of several pairs for the same algorithm */
    static KeyPair pair(String algorithm, int number) {
        // The 2048-bit keys of RS256 are the smallest that all RSA algorithms support.
        String generator = algorithm.matches("[RP]S.*") ? "RS256" : algorithm;
        return PAIRS.computeIfAbsent(
                generator + number, name -> algorithm(generator).keyPair().build());
    }
}
