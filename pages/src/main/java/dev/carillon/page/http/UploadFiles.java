package dev.carillon.page.http;

import dev.carillon.base.Platform;
import dev.carillon.extension.Request;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The directory of an application for files while their actions run; only its owner can read it. It is made for the first file, and again if the system removes it. Each request removes its own
 * files, and the end of the application what is left. Thread-safe.
 */
public final class UploadFiles implements AutoCloseable {
    private static final Logger LOGGER = LoggerFactory.getLogger(UploadFiles.class);

    private final Platform platform;
    /** Null: there was no file yet. Guarded by this. */
    private @Nullable Path directory;

    public UploadFiles(Platform platform) {
        this.platform = platform;
    }

    /** Reads the fields of a form before its first file. */
    UploadForm begin(Request request, InputStream body, String contentType) throws IOException {
        long length = request.header("Content-Length")
                .filter(text -> text.matches("\\d{1,18}"))
                .map(Long::valueOf)
                .orElse(-1L);
        UploadForm form = new UploadForm(this, new UploadProgress(body, length, platform.nanoTime()), contentType);
        form.readFields();
        return form;
    }

    /**
     * The rest of a form that another node has begun to read.
     *
     * @param fields before its first file
     * @param body from its first file on
     * @param rest what that node says of it
     */
    UploadForm resume(Map<String, String> fields, InputStream body, UploadForm.Rest rest) throws IOException {
        UploadProgress progress = new UploadProgress(body, rest.total(), rest.received(), platform.nanoTime());
        UploadForm form = new UploadForm(this, progress, rest.contentType(), fields);
        form.readFields();
        return form;
    }

    synchronized Path create() throws IOException {
        Path made = directory;
        if (made != null) {
            try {
                return Files.createTempFile(made, "file-", "");
            } catch (NoSuchFileException e) {
                LOGGER.atInfo().addKeyValue("directory", made).log("the directory for uploads was removed");
            }
        }
        made = Files.createTempDirectory("carillon-uploads-");
        directory = made;
        return Files.createTempFile(made, "file-", "");
    }

    static void remove(Path file) {
        try {
            boolean _ = Files.deleteIfExists(file);
        } catch (IOException e) {
            LOGGER.atWarn().addKeyValue("file", file).setCause(e).log("a temporary file could not be removed");
        }
    }

    @Override
    public synchronized void close() {
        Path made = directory;
        if (made == null || Files.notExists(made)) {
            return;
        }
        try (Stream<Path> files = Files.list(made)) {
            files.forEach(UploadFiles::remove);
            remove(made);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
