package dev.carillon.page.file;

import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentHashMap;
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
    /** Those that are being read; at most one for each request. */
    private final Map<Load, CompletableFuture<LoadedFile>> loads = new ConcurrentHashMap<>();

    /** In the order of their last use. Guarded by itself. */
    private final Map<String, LoadedFile> files = new LinkedHashMap<>(16, 0.75f, true);
    /** Guarded by {@link #files}. */
    private long bytes;

    private record Load(String name, FileSource.Stamp stamp) {}

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
        return load(new Load(name, stamp));
    }

    /** Concurrent requests for a file wait for the first one, which reads it. */
    private LoadedFile load(Load load) throws IOException {
        CompletableFuture<LoadedFile> own = new CompletableFuture<>();
        CompletableFuture<LoadedFile> other = loads.putIfAbsent(load, own);
        if (other != null) {
            return join(other);
        }
        try {
            LoadedFile loaded = LoadedFile.read(source, load.name(), load.stamp());
            add(load.name(), loaded);
            boolean _ = own.complete(loaded);
            return loaded;
        } catch (Throwable e) {
            // An Error too, because others wait.
            boolean _ = own.completeExceptionally(e);
            throw e;
        } finally {
            CompletableFuture<LoadedFile> _ = loads.remove(load);
        }
    }

    private static LoadedFile join(CompletableFuture<LoadedFile> load) throws IOException {
        try {
            return load.join();
        } catch (CompletionException e) {
            throw new IOException("another request could not read the file", e.getCause());
        }
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
