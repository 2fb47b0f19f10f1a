package dev.carillon.page.file;

import java.io.IOException;
import java.io.InputStream;
import java.net.URISyntaxException;
import java.net.URL;
import java.net.URLConnection;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import org.jspecify.annotations.Nullable;

/** A place with files. Names have been checked: they have no empty segment and none that begins with a dot. */
public sealed interface FileSource {
    /**
     * The state of a file, by which a change is noticed.
     *
     * @param modified milliseconds since the epoch
     */
    record Stamp(long bytes, long modified) {}

    /** Null: there is no such file. */
    @Nullable
    Stamp stamp(String name) throws IOException;

    byte[] read(String name) throws IOException;

    /** A directory. Links are followed only to files inside it. */
    record Directory(Path root) implements FileSource {
        @Override
        public @Nullable Stamp stamp(String name) throws IOException {
            Path file = inside(name);
            if (file == null) {
                return null;
            }
            try {
                BasicFileAttributes attributes =
                        Files.readAttributes(file, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
                return attributes.isRegularFile()
                        ? new Stamp(
                                attributes.size(), attributes.lastModifiedTime().toMillis())
                        : null;
            } catch (FileSystemException e) {
                // Removed since.
                return null;
            }
        }

        @Override
        public byte[] read(String name) throws IOException {
            Path file = inside(name);
            if (file == null) {
                throw new NoSuchFileException(name);
            }
            return Files.readAllBytes(file);
        }

        private @Nullable Path inside(String name) throws IOException {
            try {
                Path file = root.resolve(name).toRealPath();
                return file.startsWith(root.toRealPath()) ? file : null;
            } catch (FileSystemException | InvalidPathException e) {
                // Clients choose the name: it may be too long, below a file, or in a directory that must not be read.
                return null;
            }
        }
    }

    /**
     * A folder of the class path.
     *
     * @param near class in whose package the folder is
     */
    record ClassPath(Class<?> near, String folder) implements FileSource {
        @Override
        public @Nullable Stamp stamp(String name) throws IOException {
            // Folders cannot be told from files in every class path, and most have no extension.
            URL url = name.lastIndexOf('.') < name.lastIndexOf('/') + 1 ? null : near.getResource(folder + "/" + name);
            if (url == null || isDirectory(url)) {
                return null;
            }
            URLConnection connection = url.openConnection();
            connection.setUseCaches(false);
            try (InputStream _ = connection.getInputStream()) {
                return new Stamp(connection.getContentLengthLong(), connection.getLastModified());
            }
        }

        /** The JDK would answer with a listing. */
        private static boolean isDirectory(URL url) {
            try {
                return url.getProtocol().equals("file") && Files.isDirectory(Path.of(url.toURI()));
            } catch (URISyntaxException e) {
                throw new IllegalStateException("the URL of a resource is a URI", e);
            }
        }

        @Override
        public byte[] read(String name) throws IOException {
            try (InputStream in = near.getResourceAsStream(folder + "/" + name)) {
                if (in == null) {
                    throw new NoSuchFileException(name);
                }
                return in.readAllBytes();
            }
        }
    }
}
