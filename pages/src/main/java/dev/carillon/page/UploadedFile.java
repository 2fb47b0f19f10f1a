package dev.carillon.page;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;

/** A file that a browser has sent. Valid until its action ends. */
public interface UploadedFile {
    /** A name without folders that every file system accepts, made from the one that the browser sent. Not unique. */
    String name();

    /** As the browser sent it; see {@link UploadRule}. */
    String mediaType();

    long bytes();

    InputStream open() throws IOException;

    /**
     * Moves the file to a place where it stays.
     *
     * @throws java.nio.file.FileAlreadyExistsException when there is a file already
     */
    void moveTo(Path target) throws IOException;
}
