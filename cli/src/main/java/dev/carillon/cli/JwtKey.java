package dev.carillon.cli;

import dev.carillon.base.ConfigException;
import dev.carillon.node.NodeKeys;
import dev.carillon.scope.Selector;
import dev.carillon.scope.Tenant;
import io.jsonwebtoken.Jwts;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.Date;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import javax.crypto.spec.SecretKeySpec;

/** The shared key that signs tokens with HS256. Its text never leaves it. */
final class JwtKey {
    /** RFC 7518, section 3.2: a key of the size of the hash or larger must be used. */
    private static final int MIN_BYTES = 32;

    private final byte[] bytes;

    private JwtKey(byte[] bytes) {
        this.bytes = bytes;
    }

    /** @throws ConfigException for a key that is shorter than 32 bytes */
    static JwtKey of(String text) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        if (bytes.length < MIN_BYTES) {
            throw new ConfigException(
                    NodeKeys.JWT_KEY.name(), "(hidden)", "must have at least " + MIN_BYTES + " bytes for HS256");
        }
        return new JwtKey(bytes);
    }

    /** The key as given, or in a file as given: one of the two. */
    static Optional<JwtKey> of(Optional<String> text, Optional<String> file) {
        if (text.isPresent() && file.isPresent()) {
            throw new ConfigException(NodeKeys.JWT_KEY_FILE.name(), file.get(), "cannot be given together with jwt-key");
        }
        return text.or(() -> file.map(JwtKey::read)).map(JwtKey::of);
    }

    private static String read(String file) {
        try {
            return Files.readString(Path.of(file)).strip();
        } catch (IOException | InvalidPathException e) {
            throw new ConfigException(NodeKeys.JWT_KEY_FILE.name(), file, "must be a readable file of UTF-8 text");
        }
    }

    /** Text of 32 random bytes, for a key or a secret. */
    static String random() {
        byte[] bytes = new byte[MIN_BYTES];
        new SecureRandom().nextBytes(bytes);
        return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
    }

    /** What a token says about its bearer, beside the time at which it expires. */
    record Claims(Optional<String> user, Optional<Tenant> tenant, List<Selector> broadcast, List<Selector> read) {
        /** May do everything within the default tenant. */
        static final Claims EVERYTHING = new Claims(
                Optional.empty(), Optional.empty(), List.of(new Selector("*")), List.of(new Selector("*")));
    }

    String token(Claims claims, Instant now, Duration expires) {
        Map<String, Object> carillon = new LinkedHashMap<>();
        carillon.put("broadcast", claims.broadcast().stream().map(Selector::pattern).toList());
        carillon.put("read", claims.read().stream().map(Selector::pattern).toList());
        claims.tenant().ifPresent(tenant -> carillon.put("tenant", tenant.name()));
        return Jwts.builder()
                .subject(claims.user().orElse(null))
                .expiration(Date.from(now.plus(expires)))
                .claim("carillon", carillon)
                .signWith(new SecretKeySpec(bytes, "HmacSHA256"), Jwts.SIG.HS256)
                .compact();
    }
}
