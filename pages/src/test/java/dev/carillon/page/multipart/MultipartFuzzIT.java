package dev.carillon.page.multipart;

import dev.carillon.testkit.Fuzzing;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Tag("process")
@Timeout(1_000)
@Tag("full")
class MultipartFuzzIT {
    private static final int INPUTS = 2_000;

    @TempDir
    @SuppressWarnings("NullAway.Init")
    private Path dir;

    @Test
    void forms_are_read_alike_however_they_arrive_or_refused() throws IOException, InterruptedException {
        String _ = Fuzzing.run(MultipartFuzz.class, INPUTS, dir);
    }
}
