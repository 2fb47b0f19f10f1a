package dev.carillon.secret;

import static org.assertj.core.api.Assertions.assertThat;

import dev.carillon.base.Key;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;

class OperatorSessionsTest {
    private static final String TOKEN = "a-token-of-operators-with-enough-characters";
    private static final Secrets SECRETS = new Secrets(List.of("a secret of the tests"));

    private Instant now = Instant.ofEpochSecond(1_800_000_000);

    private OperatorSessions sessions(String token, Secrets secrets) {
        Key<String> key = Key.text("operator-token", "TOKEN", null, "A token.");
        return new OperatorSessions(new OperatorToken(key, token), secrets, () -> now, new SecureRandom());
    }

    @Test
    void session_is_known_at_every_node_of_the_cluster_until_it_ends() {
        String session = sessions(TOKEN, SECRETS).begin(TOKEN).orElseThrow();
        OperatorSessions other = sessions(TOKEN, SECRETS);

        assertThat(other.find(session))
                .hasValueSatisfying(found -> assertThat(found.end()).isEqualTo(now.plus(OperatorSessions.LENGTH)));
        now = now.plus(OperatorSessions.LENGTH).minus(Duration.ofSeconds(1));
        assertThat(other.find(session)).isPresent();
        now = now.plusSeconds(1);
        assertThat(other.find(session)).isEmpty();
    }

    @Test
    void another_token_begins_no_session() {
        assertThat(sessions(TOKEN, SECRETS).begin(TOKEN + "x")).isEmpty();
        assertThat(sessions(TOKEN, SECRETS).begin("")).isEmpty();
    }

    @Test
    void session_ends_with_the_token_and_with_the_secret_that_began_it() {
        String session = sessions(TOKEN, SECRETS).begin(TOKEN).orElseThrow();

        assertThat(sessions(TOKEN + "x", SECRETS).find(session)).isEmpty();
        assertThat(sessions(TOKEN, new Secrets(List.of("another secret of the tests")))
                        .find(session))
                .isEmpty();
        assertThat(sessions(TOKEN, new Secrets(List.of("another secret of the tests", "a secret of the tests")))
                        .find(session))
                .isPresent();
    }

    @Test
    void changed_session_is_none() {
        OperatorSessions sessions = sessions(TOKEN, SECRETS);
        String session = sessions.begin(TOKEN).orElseThrow();
        String[] parts = session.split("\\.", -1);
        String later = Long.toString(now.plus(OperatorSessions.LENGTH).getEpochSecond() + 1, Character.MAX_RADIX);

        assertThat(sessions.find(parts[0] + "." + later + "." + parts[2])).isEmpty();
        assertThat(sessions.find("AAAAAAAAAAAA." + parts[1] + "." + parts[2])).isEmpty();
        assertThat(sessions.find(parts[0] + "." + parts[1])).isEmpty();
        assertThat(sessions.find("")).isEmpty();
        assertThat(sessions.find("x".repeat(10_000))).isEmpty();
    }
}
