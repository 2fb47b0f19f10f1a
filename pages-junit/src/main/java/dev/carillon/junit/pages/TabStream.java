package dev.carillon.junit.pages;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/**
 * The event stream of a tab, on a virtual thread of its own: opened again when it has ended, as an EventSource does (HTML Living Standard, 9.2), but sooner.
 * Events are passed on with their type.
 */
final class TabStream implements AutoCloseable {
    private static final long PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(50);

    private final TestBrowser browser;
    private final int node;
    private final String url;
    private final BiConsumer<String, String> onEvent;
    private final Runnable onOpen;
    private volatile boolean closed;
    /** Of the response that is read; null: none. */
    private volatile @Nullable InputStream body;

    private @Nullable String lastId;

    /**
     * Opens a stream.
     *
     * @param onEvent takes type and data of each event, on the thread of the stream
     */
    TabStream(TestBrowser browser, int node, String url, Runnable onOpen, BiConsumer<String, String> onEvent) {
        this.browser = browser;
        this.node = node;
        this.url = url;
        this.onOpen = onOpen;
        this.onEvent = onEvent;
        Thread.ofVirtual().name("stream of a test tab").start(this::run);
    }

    private void run() {
        while (!closed) {
            try {
                HttpResponse<InputStream> answer = browser.stream(node, url, lastId);
                body = answer.body();
                if (closed) {
                    answer.body().close();
                    return;
                }
                if (answer.statusCode() == 200) {
                    read(answer.body());
                }
            } catch (IOException e) {
                // Opened again below.
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return;
            }
            LockSupport.parkNanos(PAUSE_NANOS);
        }
    }

    private void read(InputStream in) throws IOException {
        onOpen.run();
        try (BufferedReader lines = new BufferedReader(new InputStreamReader(in, StandardCharsets.UTF_8))) {
            StringBuilder data = new StringBuilder();
            String type = "";
            String id = lastId;
            for (String line = lines.readLine(); line != null && !closed; line = lines.readLine()) {
                if (line.isEmpty()) {
                    lastId = id;
                    if (!data.isEmpty()) {
                        onEvent.accept(type, data.substring(0, data.length() - 1));
                    }
                    data.setLength(0);
                    type = "";
                } else if (line.startsWith("data:")) {
                    data.append(value(line)).append('\n');
                } else if (line.startsWith("event:")) {
                    type = value(line);
                } else if (line.startsWith("id:")) {
                    id = value(line);
                }
            }
        }
    }

    private static String value(String line) {
        String value = line.substring(line.indexOf(':') + 1);
        return value.startsWith(" ") ? value.substring(1) : value;
    }

    @Override
    public void close() {
        closed = true;
        InputStream open = body;
        if (open != null) {
            try {
                open.close();
            } catch (IOException e) {
                // It has ended.
            }
        }
    }
}
