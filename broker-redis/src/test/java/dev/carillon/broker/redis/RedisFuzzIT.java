package dev.carillon.broker.redis;

import static org.assertj.core.api.Assertions.assertThat;

import dev.carillon.testkit.Fuzzing;
import java.nio.file.Path;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Tag("process")
@Timeout(1_000)
class RedisFuzzIT {
    private static final int INPUTS = 2_000;

    @TempDir
    @SuppressWarnings("NullAway.Init")
    private Path dir;

    @Test
    void what_the_server_gave_is_read_or_fails_as_unreadable_and_as_nothing_else() throws Exception {
        String out = Fuzzing.run(RedisFuzz.class, INPUTS, dir);

        assertThat(out).contains("entries=", "live=", "page=", "snapshot=");
    }
}
