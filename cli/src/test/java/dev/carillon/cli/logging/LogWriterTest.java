package dev.carillon.cli.logging;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.ByteArrayOutputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;

class LogWriterTest {
    private static final byte[] LINE = "a line\n".getBytes(StandardCharsets.UTF_8);

    /** A pipe whose reader does not read at first. */
    private static final class Unread extends OutputStream {
        private final CountDownLatch read = new CountDownLatch(1);
        private final CountDownLatch reached = new CountDownLatch(1);
        private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();

        @Override
        public void write(int b) {
            throw new AssertionError("one write for each line");
        }

        @Override
        public void write(byte[] b, int from, int count) {
            reached.countDown();
            try {
                read.await();
            } catch (InterruptedException e) {
                throw new AssertionError(e);
            }
            // Its methods are synchronized.
            bytes.write(b, from, count);
        }

        long lines() {
            return bytes.toString(StandardCharsets.UTF_8).lines().count();
        }
    }

    @Test
    void lines_beyond_the_bound_are_dropped_and_counted_while_the_reader_does_not_read() throws InterruptedException {
        Unread pipe = new Unread();
        LogWriter writer = new LogWriter(pipe);
        int lines = 2 * LogWriter.MAX_LINES;
        for (int i = 0; i < lines; i++) {
            writer.write(LINE, false);
        }
        pipe.reached.await();
        long informative = lines - writer.dropped();
        // The line that is being written may have left the queue before or after it was full.
        assertThat(informative).isBetween(LogWriter.MAX_LINES / 4 * 3L, LogWriter.MAX_LINES / 4 * 3L + 2);

        for (int i = 0; i < lines; i++) {
            writer.write(LINE, true);
        }
        long kept = 2L * lines - writer.dropped();
        assertThat(kept).as("warnings have room").isBetween((long) LogWriter.MAX_LINES, LogWriter.MAX_LINES + 2L);

        pipe.read.countDown();
        await().untilAsserted(() -> assertThat(pipe.lines()).isEqualTo(kept));
    }

    @Test
    void bytes_that_wait_are_bounded() throws InterruptedException {
        Unread pipe = new Unread();
        LogWriter writer = new LogWriter(pipe);
        writer.write(LINE, true);
        pipe.reached.await();
        byte[] large = new byte[LogWriter.MAX_BYTES / 8];
        for (int i = 0; i < 20; i++) {
            writer.write(large, true);
        }

        // The first line is charged until it is written.
        assertThat(writer.dropped()).isEqualTo(20 - 7);
        pipe.read.countDown();
    }

    @Test
    void flush_waits_for_the_lines_that_wait() throws InterruptedException {
        Unread pipe = new Unread();
        LogWriter writer = new LogWriter(pipe);
        for (int i = 0; i < 1_000; i++) {
            writer.write(LINE, false);
        }
        pipe.reached.await();
        pipe.read.countDown();

        writer.flush();

        assertThat(pipe.lines()).isEqualTo(1_000);
    }

    @Test
    void flush_returns_while_the_reader_does_not_read() throws InterruptedException {
        Unread pipe = new Unread();
        LogWriter writer = new LogWriter(pipe);
        writer.write(LINE, true);
        pipe.reached.await();

        writer.flush();

        assertThat(pipe.lines()).isZero();
        pipe.read.countDown();
    }
}
