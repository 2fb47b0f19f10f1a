package dev.carillon.lab.scale;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.carillon.lab.LabException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ScaleFileTest {
    private static final PointResult FIRST = SampleResults.measured(SampleResults.point(1, 100, 10), 1_000);
    private static final PointResult SECOND = SampleResults.endedEarly(SampleResults.point(2, 100, 10));

    @TempDir
    @SuppressWarnings("NullAway.Init")
    private Path dir;

    @Test
    void results_are_read_as_they_were_written() {
        ScaleFile file = new ScaleFile("resume", dir.resolve("scale.jsonl"));
        file.append(FIRST);
        file.append(SECOND);

        assertThat(file.read()).containsExactly(FIRST, SECOND);
    }

    @Test
    void a_line_that_its_writer_did_not_complete_is_left_out_and_the_file_continues() throws IOException {
        Path path = dir.resolve("scale.jsonl");
        ScaleFile file = new ScaleFile("resume", path);
        file.append(FIRST);
        Files.writeString(path, "{\"point\":{\"nodes\":1,", StandardOpenOption.APPEND);

        assertThat(file.read()).containsExactly(FIRST);
        file.removeIncompleteLine();
        file.append(SECOND);
        assertThat(file.read()).containsExactly(FIRST, SECOND);
    }

    @Test
    void a_file_that_is_read_stays_as_it_is() throws IOException {
        Path path = dir.resolve("other.jsonl");
        ScaleFile file = new ScaleFile("compare", path);
        file.append(FIRST);
        Files.writeString(path, "{\"point\":", StandardOpenOption.APPEND);

        assertThat(file.read()).containsExactly(FIRST);
        assertThat(path).content().endsWith("{\"point\":");
    }

    @Test
    void a_new_sweep_refuses_a_file_with_results_and_keeps_them() {
        ScaleFile file = new ScaleFile("json", dir.resolve("scale.jsonl"));
        file.mustBeEmpty();
        file.create();
        file.mustBeEmpty();
        file.append(FIRST);

        assertThatThrownBy(file::mustBeEmpty)
                .isInstanceOf(LabException.class)
                .hasMessageStartingWith("json: ")
                .hasMessageEndingWith(": must be a new or an empty file; --resume continues the sweep of a file");
        assertThat(file.read()).containsExactly(FIRST);
    }

    @Test
    void a_file_of_something_else_is_refused_with_its_line() throws IOException {
        Path path = Files.writeString(dir.resolve("other"), "{\"a\":1}\n");

        assertThatThrownBy(() -> new ScaleFile("resume", path).read())
                .isInstanceOf(LabException.class)
                .hasMessage("resume: " + path + ": line 1: must be a result of bench scale of this version");
    }
}
