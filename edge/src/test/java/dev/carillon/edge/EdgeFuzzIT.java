package dev.carillon.edge;

import static org.assertj.core.api.Assertions.assertThat;

import dev.carillon.testkit.Fuzzing;
import java.nio.file.Path;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Tag("process")
@Timeout(1_000)
class EdgeFuzzIT {
    private static final int INPUTS = 4_000;

    @TempDir
    @SuppressWarnings("NullAway.Init")
    private Path dir;

    @Test
    void verdicts_do_not_depend_on_splits_and_undertow_parses_accepted_input_alike() throws Exception {
        String out = Fuzzing.run(EdgeFuzz.class, INPUTS, dir);

        assertThat(out).contains(" request=", "next request=", "body in chunks=", "frames=", "frames refused=");
    }
}
