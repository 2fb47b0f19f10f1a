package dev.carillon.node;

import dev.carillon.testkit.Patience;
import dev.carillon.testkit.TestCertificate;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;

/** The JDK's client, with streams that are read on virtual threads. */
final class WebClient implements AutoCloseable {
    private final HttpClient http;
    private final String scheme;
    private final List<Stream> streams = new ArrayList<>();

    /** @param certificate null: in the clear */
    WebClient(HttpClient.Version version, @Nullable TestCertificate certificate) {
        HttpClient.Builder builder = HttpClient.newBuilder().version(version);
        if (certificate != null) {
            builder.sslContext(certificate.client());
        }
        this.http = builder.build();
        this.scheme = certificate == null ? "http" : "https";
    }

    /** An open stream. */
    static final class Stream {
        private final HttpResponse<InputStream> response;
        private final List<String> lines = new ArrayList<>();
        private volatile boolean ended;
        private volatile boolean cut;

        private Stream(HttpResponse<InputStream> response) {
            this.response = response;
            Thread.ofVirtual().start(this::read);
        }

        private void read() {
            try (BufferedReader reader =
                    new BufferedReader(new InputStreamReader(response.body(), StandardCharsets.UTF_8))) {
                String line = reader.readLine();
                while (line != null) {
                    synchronized (lines) {
                        lines.add(line);
                    }
                    line = reader.readLine();
                }
                ended = true;
            } catch (IOException e) {
                cut = true;
            }
        }

        HttpResponse<InputStream> response() {
            return response;
        }

        List<String> lines() {
            synchronized (lines) {
                return List.copyOf(lines);
            }
        }

        /** The data of the events that begin with a word. */
        List<String> data(String word) {
            return lines().stream()
                    .filter(line -> line.startsWith("data: " + word))
                    .map(line -> line.substring(6))
                    .toList();
        }

        Stream await(String line) {
            Awaitility.await().pollInterval(Duration.ofMillis(5)).until(() -> lines().contains(line));
            return this;
        }

        /** In order, by the node. */
        boolean hasEnded() {
            return ended;
        }

        boolean wasCut() {
            return cut;
        }
    }

    /** Returns when the head of the response has arrived. */
    Stream open(Node node, String target) {
        Stream stream = new Stream(send(node, target, HttpResponse.BodyHandlers.ofInputStream()));
        streams.add(stream);
        return stream;
    }

    HttpResponse<String> get(Node node, String target) {
        return send(node, target, HttpResponse.BodyHandlers.ofString());
    }

    private <T> HttpResponse<T> send(Node node, String target, HttpResponse.BodyHandler<T> handler) {
        try {
            return http.send(
                    HttpRequest.newBuilder(URI.create(scheme + "://127.0.0.1:" + node.port() + target))
                            .timeout(Patience.LIMIT)
                            .build(),
                    handler);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError(e);
        }
    }

    @Override
    public void close() {
        http.shutdownNow();
    }
}
