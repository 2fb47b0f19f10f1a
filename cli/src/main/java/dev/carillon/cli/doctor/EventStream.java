package dev.carillon.cli.doctor;

import dev.carillon.base.Platform;
import java.io.BufferedReader;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.net.http.HttpHeaders;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import java.util.zip.GZIPInputStream;
import org.jspecify.annotations.Nullable;

/** An event stream that was answered, and the times at which its parts arrived. A thread of its own reads it; it stops reading while many parts wait. */
final class EventStream implements AutoCloseable {
    private static final int MAX_WAITING = 1_000;
    /** Characters of a line; the rest is dropped. */
    private static final int MAX_LINE = 10_000;

    /** A part of a stream. */
    sealed interface Part {
        /** By the monotonic clock. */
        long at();
    }

    record Event(String type, String id, String data, long at) implements Part {}

    record Comment(long at) implements Part {}

    record Retry(long at) implements Part {}

    /** @param complete whether the response ended as a complete one */
    record End(boolean complete, long at) implements Part {}

    private final HttpResponse<InputStream> response;
    private final long began;
    private final long headAt;
    private final Platform platform;
    private final Redaction redaction;
    private final BlockingQueue<Part> parts = new LinkedBlockingQueue<>(MAX_WAITING);
    private volatile boolean ended;

    EventStream(HttpResponse<InputStream> response, long began, Platform platform, Redaction redaction) {
        this.response = response;
        this.began = began;
        this.platform = platform;
        this.redaction = redaction;
        this.headAt = now();
        platform.threads().blocking("carillon-doctor-stream", this::read).start();
    }

    int status() {
        return response.statusCode();
    }

    HttpHeaders headers() {
        return response.headers();
    }

    boolean isHttp2() {
        return response.version() == java.net.http.HttpClient.Version.HTTP_2;
    }

    boolean isCompressed() {
        return headers().firstValue("Content-Encoding").isPresent();
    }

    boolean isEventStream() {
        return status() == 200
                && headers()
                        .firstValue("Content-Type")
                        .filter(type -> type.toLowerCase(Locale.ROOT).startsWith("text/event-stream"))
                        .isPresent();
    }

    boolean hasEnded() {
        return ended;
    }

    /** Milliseconds from the request to its head. */
    long headMillis() {
        return TimeUnit.NANOSECONDS.toMillis(headAt - began);
    }

    /** The time from the request to a part. */
    Duration after(Part part) {
        return Duration.ofNanos(part.at() - began);
    }

    List<String> cookies() {
        return headers().allValues("Set-Cookie");
    }

    /** The next part; null: none within this time. After the end, null. */
    @Nullable
    Part next(Duration limit) throws InterruptedException {
        return parts.poll(Math.max(0, limit.toNanos()), TimeUnit.NANOSECONDS);
    }

    /** The next part of a kind, or the end; null: none within this time. */
    @Nullable
    Part await(Predicate<Part> wanted, Duration limit) throws InterruptedException {
        long end = now() + limit.toNanos();
        Part part = next(limit);
        while (part != null && !wanted.test(part) && !(part instanceof End)) {
            part = next(Duration.ofNanos(end - now()));
        }
        return part;
    }

    private void read() {
        boolean complete = false;
        try (InputStream body = response.body();
                BufferedReader lines = new BufferedReader(
                        new InputStreamReader(isCompressed() ? decoded(body) : body, StandardCharsets.UTF_8))) {
            readAll(lines);
            complete = true;
        } catch (IOException e) {
            // The stream was cut off, which is its usual end.
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            ended = true;
            boolean _ = parts.offer(new End(complete, now()));
        }
    }

    private InputStream decoded(InputStream body) throws IOException {
        if (!headers().firstValue("Content-Encoding").orElse("").equalsIgnoreCase("gzip")) {
            throw new IOException("unknown coding");
        }
        return new FilterInputStream(new GZIPInputStream(body)) {
            @Override
            public int available() {
                // Otherwise it is 1 until the end, and a reader waits for more before it passes on what it has.
                return 0;
            }
        };
    }

    private void readAll(BufferedReader lines) throws IOException, InterruptedException {
        String type = "";
        String id = "";
        StringBuilder data = new StringBuilder();
        String line = line(lines);
        while (line != null) {
            if (line.isEmpty()) {
                if (!data.isEmpty()) {
                    parts.put(new Event(type, id, redaction.received(data.toString()), now()));
                }
                type = "";
                data.setLength(0);
            } else if (line.startsWith(":")) {
                parts.put(new Comment(now()));
            } else if (line.startsWith("retry:")) {
                parts.put(new Retry(now()));
            } else if (line.startsWith("event:")) {
                type = line.substring(6).strip();
            } else if (line.startsWith("id:")) {
                id = line.substring(3).strip();
            } else if (line.startsWith("data:") && data.length() < MAX_LINE) {
                data.append(line.substring(5).strip());
            }
            line = line(lines);
        }
    }

    private static @Nullable String line(BufferedReader from) throws IOException {
        StringBuilder line = new StringBuilder();
        int c = from.read();
        while (c >= 0 && c != '\n') {
            if (c != '\r' && line.length() < MAX_LINE) {
                line.append((char) c);
            }
            c = from.read();
        }
        return c < 0 && line.isEmpty() ? null : line.toString();
    }

    private long now() {
        return platform.nanoTime().getAsLong();
    }

    @Override
    public void close() {
        try {
            response.body().close();
        } catch (IOException e) {
            // It is not needed any more.
        }
    }
}
