package dev.carillon.process;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A wall clock that can jump, of servers with these {@link Surroundings}, by a library that the C compiler makes and the servers load first. Their
 * monotonic clock is the real one, as when an operator or NTP sets the time. Programs that ask the kernel themselves, such as those in Go, ignore it.
 */
public final class FakeClock implements Surroundings, AutoCloseable {
    private static final String SOURCE = "clock.c";
    private static final Duration COMPILE_LIMIT = Duration.ofMinutes(1);

    private final Path directory;
    private final Path library;
    private final Path seconds;

    public FakeClock() {
        try {
            directory = Files.createTempDirectory("carillon-clock");
            library = directory.resolve("clock.so");
            seconds = directory.resolve("seconds");
            compile(directory.resolve(SOURCE));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted", e);
        }
        set(Duration.ZERO);
    }

    private void compile(Path source) throws IOException, InterruptedException {
        try (InputStream text = FakeClock.class.getResourceAsStream(SOURCE)) {
            if (text == null) {
                throw new IllegalStateException(SOURCE + " is missing");
            }
            Files.write(source, text.readAllBytes());
        }
        String compiler = Optional.ofNullable(System.getenv("CC")).orElse("cc");
        ChildProcess.Ended ended = ChildProcess.of(
                        List.of(compiler, "-shared", "-fPIC", "-o", library.toString(), source.toString()))
                .merged()
                .run(COMPILE_LIMIT);
        if (ended.status() != 0) {
            throw new IllegalStateException(compiler + ": " + ended.out());
        }
    }

    /** Makes the clock differ by this time from the real one, from now on. */
    public void set(Duration difference) {
        ByteBuffer bytes = ByteBuffer.allocate(Long.BYTES)
                .order(ByteOrder.nativeOrder())
                .putLong(difference.toSeconds())
                .flip();
        // In place, because the servers have mapped the file.
        try (FileChannel file = FileChannel.open(seconds, StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
            int _ = file.write(bytes, 0);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void environment(Map<String, String> variables) {
        variables.put("LD_PRELOAD", library.toString());
        variables.put("CARILLON_CLOCK", seconds.toString());
    }

    @Override
    public void close() {
        ServerProcess.delete(directory);
    }
}
