package dev.carillon.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.carillon.testkit.Fuzzing;
import java.nio.file.Path;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Tag("process")
@Timeout(1_000)
@Tag("full")
class WireFuzzIT {
    private static final int INPUTS = 100;
    private static final int COMMAND_LINES = 300;

    @TempDir
    @SuppressWarnings("NullAway.Init")
    private Path dir;

    @Test
    void node_and_proxy_answer_every_connection_alike_and_serve_others() throws Exception {
        String out = Fuzzing.run(WireFuzz.class, INPUTS, dir);

        assertThat(out).contains("http1 200=", "http1 400=", "http1 alike=", "http2 frames=", "websocket opcode 8=");
    }

    @Test
    @Tag("full")
    void every_command_line_is_read_or_refused_with_a_reason() throws Exception {
        String out = Fuzzing.run(FlagsFuzz.class, COMMAND_LINES, dir);

        assertThat(out).contains("proxy=", "proxy refused=", "serve=", "serve refused=");
    }
}
