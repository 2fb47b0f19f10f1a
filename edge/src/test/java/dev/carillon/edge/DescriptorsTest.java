package dev.carillon.edge;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

class DescriptorsTest {
    private final AtomicLong open = new AtomicLong();

    @Test
    void connections_leave_a_reserve_of_two_parts() {
        Descriptors descriptors = new Descriptors(200, open::get);
        open.set(80);

        assertThat(descriptors.reservePart()).isEqualTo(16);
        assertThat(descriptors.available()).isEqualTo(200 - 80 - 32);
    }

    @Test
    void the_reserve_grows_with_the_limit_up_to_a_maximum() {
        assertThat(new Descriptors(4_096, open::get).reservePart()).isEqualTo(128);
        assertThat(new Descriptors(1_048_576, open::get).reservePart()).isEqualTo(512);
    }

    @Test
    void descriptors_are_scarce_in_the_last_part_of_the_reserve_with_hysteresis() {
        Descriptors descriptors = new Descriptors(200, open::get);

        open.set(184);
        assertThat(descriptors.isScarce(false)).isFalse();
        open.set(185);
        assertThat(descriptors.isScarce(false)).isTrue();
        open.set(177);
        assertThat(descriptors.isScarce(true)).isTrue();
        open.set(176);
        assertThat(descriptors.isScarce(true)).isFalse();
    }

    @Test
    @Tag("own-jvm")
    void each_open_file_counts() throws IOException {
        Path file = Files.createTempFile("descriptors", "");
        Descriptors descriptors = Descriptors.ofThisProcess();
        long before = descriptors.open().getAsLong();
        List<InputStream> streams = new ArrayList<>();
        try {
            for (int i = 0; i < 100; i++) {
                streams.add(Files.newInputStream(file));
            }
            // Other descriptors of this process may open and close meanwhile.
            assertThat(descriptors.open().getAsLong() - before).isBetween(90L, 110L);
        } finally {
            for (InputStream stream : streams) {
                stream.close();
            }
            Files.delete(file);
        }
    }

    @Test
    void this_process_has_open_descriptors_and_a_limit() {
        Descriptors descriptors = Descriptors.ofThisProcess();

        assertThat(descriptors.open().getAsLong()).isBetween(1L, descriptors.max());
    }
}
