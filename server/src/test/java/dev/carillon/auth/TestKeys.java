package dev.carillon.auth;

import io.jsonwebtoken.Jwts;
import io.jsonwebtoken.security.SignatureAlgorithm;
import java.security.KeyPair;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;

/** Pairs of keys, made once: to make one for RSA takes seconds. */
final class TestKeys {
    private static final Map<String, KeyPair> PAIRS = new ConcurrentHashMap<>();

    private TestKeys() {}

    static SignatureAlgorithm algorithm(String name) {
        return (SignatureAlgorithm) Objects.requireNonNull(Jwts.SIG.get().get(name));
    }

    /** @param number of several for the same algorithm */
    static KeyPair pair(String algorithm, int number) {
        // The smallest that all of RSA's algorithms take.
        String maker = algorithm.matches("[RP]S.*") ? "RS256" : algorithm;
        return PAIRS.computeIfAbsent(
                maker + number, name -> algorithm(maker).keyPair().build());
    }
}
