package dev.carillon.broker.nats;

import static org.assertj.core.api.Assertions.assertThat;

import dev.carillon.testkit.Fuzzing;
import java.nio.file.Path;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Tag("process")
@Timeout(1_000)
class NatsFuzzIT {
    private static final int INPUTS = 2_000;

    @TempDir
    @SuppressWarnings("NullAway.Init")
    private Path dir;

    @Test
    void server_data_is_decoded_or_fails_as_unreadable() throws Exception {
        String out = Fuzzing.run(NatsFuzz.class, INPUTS, dir);

        assertThat(out).contains("answer 3=", "epochs=", "event=", "value=");
    }
}
