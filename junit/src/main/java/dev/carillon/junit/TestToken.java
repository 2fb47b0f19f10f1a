package dev.carillon.junit;

import io.jsonwebtoken.JwtBuilder;
import io.jsonwebtoken.Jwts;
import io.jsonwebtoken.security.Keys;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Date;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** A token that the nodes of a {@link CarillonNode} accept. Valid for ten minutes by the clock of the test, unless it is given another time. Not thread-safe. */
public final class TestToken {
    private static final Duration LIFE = Duration.ofMinutes(10);

    private final String key;
    private final InstantSource clock;
    private final List<String> broadcast = new ArrayList<>();
    private final List<String> read = new ArrayList<>();
    private @Nullable String user;
    private String tenant = "default";
    private Duration life = LIFE;

    TestToken(String key, InstantSource clock) {
        this.key = key;
        this.clock = clock;
    }

    /** The claim {@code sub}. */
    public TestToken user(String name) {
        user = name;
        return this;
    }

    public TestToken tenant(String name) {
        tenant = name;
        return this;
    }

    /**
     * May broadcast to these scopes.
     *
     * @param selectors such as {@code topic:orders/*}
     */
    public TestToken broadcast(String... selectors) {
        Collections.addAll(broadcast, selectors);
        return this;
    }

    /**
     * May read private events of these scopes.
     *
     * @param selectors such as {@code topic:orders/*}
     */
    public TestToken read(String... selectors) {
        Collections.addAll(read, selectors);
        return this;
    }

    /**
     * May broadcast to these topics, and read their private events.
     *
     * @param selectors such as {@code orders/*}
     */
    public TestToken topics(String... selectors) {
        for (String selector : selectors) {
            broadcast("topic:" + selector).read("topic:" + selector);
        }
        return this;
    }

    /** Negative: it has expired already. */
    public TestToken expiresIn(Duration time) {
        life = time;
        return this;
    }

    /** The signed token. */
    public String build() {
        Instant now = clock.instant();
        JwtBuilder token = Jwts.builder()
                .issuedAt(Date.from(now))
                .expiration(Date.from(now.plus(life)))
                .claim("carillon", Map.of("broadcast", broadcast, "read", read, "tenant", tenant));
        Optional.ofNullable(user).ifPresent(token::subject);
        return token.signWith(Keys.hmacShaKeyFor(key.getBytes(StandardCharsets.UTF_8)), Jwts.SIG.HS256)
                .compact();
    }
}
