package dev.carillon.process;

import java.io.IOException;
import java.io.Reader;
import java.util.function.Consumer;

/**
 * An output of a child process: passes each line to a consumer and keeps the last {@value #MAX_KEPT} characters. It is read on a thread of its own
 * until it ends, so that the child never blocks on a full pipe.
 */
final class Output {
    static final int MAX_KEPT = 1 << 20;
    /** A longer line is passed on in parts. */
    static final int MAX_LINE = 1 << 22;

    private final Consumer<String> consumer;
    // Confined to the reading thread.
    private final StringBuilder line = new StringBuilder();
    private boolean afterReturn;
    // Guarded by this.
    private final StringBuilder kept = new StringBuilder();

    Output(Consumer<String> consumer) {
        this.consumer = consumer;
    }

    /** Reads to the end. Always closes the reader, so that a child that writes after a failure here gets SIGPIPE. */
    void read(Reader reader) {
        char[] chars = new char[8 * 1024];
        try (reader) {
            for (int n = reader.read(chars); n >= 0; n = reader.read(chars)) {
                keep(chars, n);
                for (int i = 0; i < n; i++) {
                    add(chars[i]);
                }
            }
        } catch (IOException e) {
            // The output has ended with the process.
        }
        if (!line.isEmpty()) {
            endLine();
        }
    }

    private synchronized void keep(char[] chars, int count) {
        kept.append(chars, 0, count);
        // Not at each read, because it copies the whole buffer.
        if (kept.length() > 2 * MAX_KEPT) {
            kept.delete(0, kept.length() - MAX_KEPT);
        }
    }

    private void add(char c) {
        if (c == '\n' && afterReturn) {
            afterReturn = false;
            return;
        }
        afterReturn = c == '\r';
        if (c == '\n' || c == '\r') {
            endLine();
            return;
        }
        line.append(c);
        if (line.length() == MAX_LINE) {
            endLine();
        }
    }

    private void endLine() {
        String ended = line.toString();
        line.setLength(0);
        consumer.accept(ended);
    }

    synchronized String text() {
        return kept.substring(Math.max(0, kept.length() - MAX_KEPT));
    }
}
