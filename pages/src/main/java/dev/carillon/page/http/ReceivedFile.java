package dev.carillon.page.http;

import dev.carillon.page.UploadedFile;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;

/** @param path where it is until the request ends */
record ReceivedFile(String name, String mediaType, long bytes, Path path) implements UploadedFile {
    @Override
    public InputStream open() throws IOException {
        return Files.newInputStream(path);
    }

    @Override
    public void moveTo(Path target) throws IOException {
        Path _ = Files.move(path, target);
    }
}
