package dev.carillon.node;

import static org.assertj.core.api.Assertions.assertThat;

import dev.carillon.template.TemplateFuzz;
import dev.carillon.testkit.Fuzzing;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Tag("process")
@Timeout(1_000)
class FuzzIT {
    private static final int INPUTS = 500;

    @TempDir
    @SuppressWarnings("NullAway.Init")
    private Path dir;

    @Test
    void every_subscription_and_publication_is_answered_with_2xx_or_4xx_and_nothing_is_logged() throws Exception {
        String out = fuzz(HubFuzz.class);

        // It got through to where there is something to break.
        assertThat(out)
                .contains("GET 200=", "GET 400=", "GET 401=", "POST 200=", "POST 400=", "POST 401=", "POST 403=");
    }

    @Test
    void templates_match_the_same_however_they_are_looked_at_and_none_is_slow() throws Exception {
        fuzz(TemplateFuzz.class);
    }

    @Test
    void every_parser_of_what_comes_from_outside_throws_what_it_declares_alone() throws Exception {
        String out = fuzz(InputsFuzz.class);

        assertThat(out).contains("position=", "setting=");
    }

    private String fuzz(Class<?> target) throws IOException, InterruptedException {
        return Fuzzing.run(target, INPUTS, dir);
    }
}
