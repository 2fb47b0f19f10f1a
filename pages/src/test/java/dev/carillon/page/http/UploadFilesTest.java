package dev.carillon.page.http;

import static org.assertj.core.api.Assertions.assertThat;

import dev.carillon.base.Platform;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

class UploadFilesTest {
    @Test
    void directory_that_the_system_removed_is_made_again() throws IOException {
        try (UploadFiles uploads = new UploadFiles(Platform.system())) {
            Path first = uploads.create();
            Files.delete(first);
            Files.delete(first.getParent());

            assertThat(uploads.create()).exists();
        }
    }
}
