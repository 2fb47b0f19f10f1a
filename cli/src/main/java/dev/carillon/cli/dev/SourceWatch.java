package dev.carillon.cli.dev;

import java.io.IOException;
import java.nio.file.ClosedWatchServiceException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.StandardWatchEventKinds;
import java.nio.file.WatchEvent;
import java.nio.file.WatchKey;
import java.nio.file.WatchService;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Duration;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Watches folders with all folders below them. Changes are gathered until there is none for {@link #QUIET}, but not for longer than {@link #MAX}, and then
 * handled together on one thread; those that come meanwhile are gathered for the next time. A file that replaces another one, and a folder that is moved
 * in with its files, are changes as well.
 */
final class SourceWatch implements AutoCloseable {
    static final Duration QUIET = Duration.ofMillis(40);
    static final Duration MAX = Duration.ofSeconds(1);

    private static final Logger LOGGER = LoggerFactory.getLogger(SourceWatch.class);

    private final WatchService watcher;
    private final Path root;
    private final @Nullable Path file;
    private final IgnoredFiles ignored;
    private final Consumer<Batch> handler;
    private final Thread thread;

    /**
     * Changes that are handled together.
     *
     * @param files that were created, changed or removed
     * @param seenNanos when the first one was seen, by the monotonic clock
     */
    record Batch(Set<Path> files, long seenNanos) {}

    /**
     * Begins to watch.
     *
     * @param root folder
     * @param file another file to watch; null: none
     */
    static SourceWatch start(Path root, @Nullable Path file, IgnoredFiles ignored, Consumer<Batch> handler)
            throws IOException {
        SourceWatch watch = new SourceWatch(root, file, ignored, handler);
        try {
            watch.register(root, new TreeSet<>());
            if (file != null && file.getParent() != null) {
                watch.registerFolder(file.getParent());
            }
        } catch (IOException e) {
            watch.close();
            throw e;
        }
        watch.thread.start();
        return watch;
    }

    private SourceWatch(Path root, @Nullable Path file, IgnoredFiles ignored, Consumer<Batch> handler)
            throws IOException {
        this.root = root;
        this.file = file;
        this.ignored = ignored;
        this.handler = handler;
        this.watcher = root.getFileSystem().newWatchService();
        this.thread = Thread.ofPlatform().daemon().name("dev-watch").unstarted(this::run);
    }

    private void run() {
        try {
            while (true) {
                Set<Path> changed = new TreeSet<>();
                take(watcher.take(), changed);
                long seen = System.nanoTime();
                gather(changed, seen + MAX.toNanos());
                if (!changed.isEmpty()) {
                    handle(new Batch(changed, seen));
                }
            }
        } catch (ClosedWatchServiceException | InterruptedException e) {
            // Closed.
        }
    }

    private void gather(Set<Path> changed, long endNanos) throws InterruptedException {
        while (System.nanoTime() - endNanos < 0) {
            WatchKey next = watcher.poll(QUIET.toMillis(), TimeUnit.MILLISECONDS);
            if (next == null) {
                return;
            }
            take(next, changed);
        }
    }

    private void handle(Batch batch) {
        try {
            handler.accept(batch);
        } catch (RuntimeException | LinkageError e) {
            // The next change is handled even so.
            LOGGER.error("a change could not be handled", e);
        }
    }

    private void take(WatchKey key, Set<Path> changed) {
        Path folder = (Path) key.watchable();
        for (WatchEvent<?> event : key.pollEvents()) {
            if (event.kind().equals(StandardWatchEventKinds.OVERFLOW)) {
                // Any file may have changed.
                addAll(root, changed);
            } else if (event.context() instanceof Path name) {
                add(folder.resolve(name), changed);
            }
        }
        boolean _ = key.reset();
    }

    private void add(Path path, Set<Path> changed) {
        if (path.equals(file)) {
            changed.add(path);
        } else if (!isWatched(path)) {
            return;
        } else if (Files.isDirectory(path)) {
            addAll(path, changed);
        } else {
            changed.add(path);
        }
    }

    private boolean isWatched(Path path) {
        return path.startsWith(root) && !ignored.contains(root.relativize(path));
    }

    /** A folder that is new or was moved in: its files may have come before it was registered. */
    private void addAll(Path folder, Set<Path> changed) {
        try {
            register(folder, changed);
        } catch (IOException e) {
            LOGGER.atDebug().addKeyValue("folder", folder).log("a folder has gone meanwhile: {}", e.toString());
        }
    }

    private void register(Path folder, Set<Path> found) throws IOException {
        Files.walkFileTree(folder, new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult preVisitDirectory(Path path, BasicFileAttributes attributes) throws IOException {
                if (!path.equals(root) && !isWatched(path)) {
                    return FileVisitResult.SKIP_SUBTREE;
                }
                registerFolder(path);
                return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult visitFile(Path path, BasicFileAttributes attributes) {
                if (isWatched(path)) {
                    found.add(path);
                }
                return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult visitFileFailed(Path path, IOException e) throws IOException {
                if (e instanceof NoSuchFileException) {
                    return FileVisitResult.CONTINUE;
                }
                throw e;
            }
        });
    }

    private void registerFolder(Path folder) throws IOException {
        WatchKey _ = folder.register(
                watcher,
                StandardWatchEventKinds.ENTRY_CREATE,
                StandardWatchEventKinds.ENTRY_MODIFY,
                StandardWatchEventKinds.ENTRY_DELETE);
    }

    /** Returns when no change is being handled any more, unless it is called while one is. */
    @Override
    public void close() throws IOException {
        watcher.close();
        if (!Thread.currentThread().equals(thread)) {
            try {
                thread.join();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
    }
}
