package dev.carillon.page.file;

import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The files of one place that were requested last, at most {@value #MAX_BYTES} bytes; the least recently used one leaves first. A changed file is read again.
 * Files of more than {@value #MAX_FILE_BYTES} bytes are not served. Thread-safe; reads files.
 */
final class FileCache {
    static final int MAX_FILE_BYTES = 16 * 1024 * 1024;
    private static final long MAX_BYTES = 64L * 1024 * 1024;
    private static final int MAX_FILES = 2_000;
    private static final Logger LOGGER = LoggerFactory.getLogger(FileCache.class);

    private final FileSource source;
    /** In the order of their last use. Guarded by itself. */
    private final Map<String, LoadedFile> files = new LinkedHashMap<>(16, 0.75f, true);
    /** Guarded by {@link #files}. */
    private long bytes;

    FileCache(FileSource source) {
        this.source = source;
    }

    /** Null: there is no such file. */
    @Nullable
    LoadedFile file(String name) throws IOException {
        FileSource.Stamp stamp = source.stamp(name);
        if (stamp == null) {
            return null;
        }
        if (stamp.bytes() > MAX_FILE_BYTES) {
            LOGGER.atWarn()
                    .addKeyValue("file", name)
                    .addKeyValue("bytes", stamp.bytes())
                    .log("a static file is not served: it has more than {} bytes", MAX_FILE_BYTES);
            return null;
        }
        synchronized (files) {
            LoadedFile known = files.get(name);
            if (known != null && known.stamp().equals(stamp)) {
                return known;
            }
        }
        LoadedFile loaded = LoadedFile.read(source, name, stamp);
        add(name, loaded);
        return loaded;
    }

    private void add(String name, LoadedFile loaded) {
        synchronized (files) {
            LoadedFile before = files.put(name, loaded);
            bytes += loaded.bytes() - (before == null ? 0 : before.bytes());
            var oldest = files.entrySet().iterator();
            while ((bytes > MAX_BYTES || files.size() > MAX_FILES) && oldest.hasNext()) {
                bytes -= oldest.next().getValue().bytes();
                oldest.remove();
            }
        }
    }
}
