package dev.carillon.process;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * A file system in memory with little space, which only servers with these {@link Surroundings} see. It needs no rights where the system allows
 * user namespaces, and exists until it is closed and its servers have ended, or this process ends.
 */
public final class SmallDisk implements Surroundings, AutoCloseable {
    private static final Duration LIMIT = Duration.ofSeconds(60);
    private static final String MOUNTED = "mounted";

    private final Path directory;
    private final ChildProcess holder;

    /** @param kibibytes its size */
    public SmallDisk(int kibibytes) {
        try {
            directory = Files.createTempDirectory("carillon-disk");
            holder = ChildProcess.of(inNamespace(
                            "mount -t tmpfs -o size=" + kibibytes + "k tmpfs \"$0\" && echo " + MOUNTED
                                    + " && exec cat",
                            directory.toString()))
                    .merged()
                    .endsWithInput()
                    .start();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        long end = System.nanoTime() + LIMIT.toNanos();
        while (!holder.text().contains(MOUNTED)) {
            if (!holder.isAlive() || System.nanoTime() > end) {
                String reason = holder.text();
                close();
                throw new IllegalStateException("no file system of its own: " + reason);
            }
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(10));
        }
    }

    private static List<String> inNamespace(String script, String argument) {
        return List.of("unshare", "--user", "--map-root-user", "--mount", "sh", "-c", script, argument);
    }

    /** Its directory, empty for all other programs. */
    public Path directory() {
        return directory;
    }

    @Override
    public List<String> prefix() {
        return List.of(
                "nsenter",
                "--target",
                Long.toString(holder.pid()),
                "--user",
                "--mount",
                "--preserve-credentials",
                "--");
    }

    /** Another program takes all the space that is left. */
    public void fill() {
        // The end of the space is an error of dd.
        run("dd if=/dev/zero of=\"$0\"/other bs=4096 2>/dev/null; test -s \"$0\"/other");
    }

    /** Frees what {@link #fill} took. */
    public void free() {
        run("rm \"$0\"/other");
    }

    private void run(String script) {
        List<String> command = new ArrayList<>(prefix());
        command.addAll(List.of("sh", "-c", script, directory.toString()));
        try {
            ChildProcess.Ended ended = ChildProcess.of(command).merged().run(LIMIT);
            if (ended.status() != 0) {
                throw new IllegalStateException(script + ": " + ended.out());
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    @Override
    public void close() {
        holder.close();
        ServerProcess.delete(directory);
    }
}
