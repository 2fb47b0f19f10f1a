package dev.carillon.lab.cluster;

import dev.carillon.jwt.JwtConfig;
import dev.carillon.jwt.VerificationKey;
import dev.carillon.scope.Selector;
import dev.carillon.scope.Tenant;
import io.jsonwebtoken.JwtBuilder;
import io.jsonwebtoken.Jwts;
import io.jsonwebtoken.security.MacAlgorithm;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.Date;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import javax.crypto.SecretKey;

/** Creates tokens with a shared secret. */
public record Tokens(SecretKey key, MacAlgorithm algorithm) {
    /** Empty for an asymmetric algorithm: Carillon never has the private key. */
    public static Optional<Tokens> of(JwtConfig config) {
        return config.key() instanceof VerificationKey.Secret(MacAlgorithm algorithm, SecretKey key)
                ? Optional.of(new Tokens(key, algorithm))
                : Optional.empty();
    }

    /** 32 random bytes in base64url, for a key or a secret. */
    public static String randomKey() {
        byte[] bytes = new byte[32];
        new SecureRandom().nextBytes(bytes);
        return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
    }

    /**
     * The claims of a token, except its expiry.
     *
     * @param mercure claims for the Mercure hub
     */
    public record Claims(
            Optional<String> user,
            Optional<Tenant> tenant,
            List<Selector> broadcast,
            List<Selector> read,
            Mercure mercure) {
        /** Grants everything within the default tenant. */
        public static final Claims EVERYTHING = new Claims(
                Optional.empty(),
                Optional.empty(),
                List.of(new Selector("*")),
                List.of(new Selector("*")),
                new Mercure(List.of("*"), List.of("*")));
    }

    /**
     * Selectors: topics, URI templates or {@code *}.
     *
     * @param publish topics that the bearer may publish to
     * @param subscribe topics whose private updates the bearer may receive
     */
    public record Mercure(List<String> publish, List<String> subscribe) {
        public static final Mercure NOTHING = new Mercure(List.of(), List.of());

        Map<String, List<String>> claim() {
            return Map.of("publish", publish, "subscribe", subscribe);
        }
    }

    public String make(Claims claims, Duration lifetime) {
        Map<String, Object> carillon = new LinkedHashMap<>();
        carillon.put(
                "broadcast", claims.broadcast().stream().map(Selector::pattern).toList());
        carillon.put("read", claims.read().stream().map(Selector::pattern).toList());
        claims.tenant().ifPresent(tenant -> carillon.put("tenant", tenant.name()));
        JwtBuilder builder = Jwts.builder()
                .subject(claims.user().orElse(null))
                .expiration(Date.from(Instant.now().plus(lifetime)))
                .claim("carillon", carillon);
        if (!claims.mercure().equals(Mercure.NOTHING)) {
            builder.claim("mercure", claims.mercure().claim());
        }
        return builder.signWith(key, algorithm).compact();
    }

    /**
     * Creates a token for the Mercure hub.
     *
     * @param publish selectors of the topics that its bearer may publish to
     * @param subscribe selectors of the topics whose private updates its bearer may receive
     */
    public String makeForHub(Tenant tenant, List<String> publish, List<String> subscribe, Duration lifetime) {
        return Jwts.builder()
                .expiration(Date.from(Instant.now().plus(lifetime)))
                .claim("carillon", Map.of("tenant", tenant.name()))
                .claim("mercure", Map.of("publish", publish, "subscribe", subscribe))
                .signWith(key, algorithm)
                .compact();
    }
}
