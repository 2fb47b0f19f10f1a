package dev.carillon.secret;

import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Base64;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Sessions of operators in browsers: a signed text, {@code id.end.signature}, that proves that its owner has shown the operators' token. Every node with the same
 * secret and operators' token accepts it; another token ends all of them. Thread-safe.
 */
public final class OperatorSessions {
    /** How long a session lasts. */
    public static final Duration LENGTH = Duration.ofHours(8);

    private static final String PURPOSE = "operator-session";
    private static final int ID_BYTES = 9;
    private static final Pattern FORM = Pattern.compile("([A-Za-z0-9_-]{12})\\.([0-9a-z]{1,8})\\.([A-Za-z0-9_-]{43})");

    private final OperatorToken token;
    private final Secrets secrets;
    private final InstantSource clock;
    private final SecureRandom random;

    /**
     * A session that is valid now.
     *
     * @param id names it in logs; not secret
     */
    public record Session(String id, Instant end) {}

    public OperatorSessions(OperatorToken token, Secrets secrets, InstantSource clock, SecureRandom random) {
        this.token = token;
        this.secrets = secrets;
        this.clock = clock;
        this.random = random;
    }

    /** Begins a session; the result is secret. Empty: the token is another one. */
    public Optional<String> begin(String givenToken) {
        if (!token.matches(givenToken)) {
            return Optional.empty();
        }
        byte[] id = new byte[ID_BYTES];
        random.nextBytes(id);
        String text = Base64.getUrlEncoder().withoutPadding().encodeToString(id) + "."
                + Long.toString(clock.instant().plus(LENGTH).getEpochSecond(), Character.MAX_RADIX);
        return Optional.of(text + "." + secrets.sign(PURPOSE, signed(text)));
    }

    /** Empty: forged, ended, or begun with another token. */
    public Optional<Session> find(String given) {
        Matcher form = FORM.matcher(given);
        if (!form.matches()) {
            return Optional.empty();
        }
        String text = given.substring(0, form.end(2));
        Instant end = Instant.ofEpochSecond(Long.parseLong(form.group(2), Character.MAX_RADIX));
        Instant now = clock.instant();
        return secrets.verify(PURPOSE, signed(text), form.group(3))
                        && now.isBefore(end)
                        && !end.isAfter(now.plus(LENGTH))
                ? Optional.of(new Session(form.group(1), end))
                : Optional.empty();
    }

    /** With the operators' token, so that a session ends with it. */
    private String signed(String text) {
        return text + "." + token.digestText();
    }
}
