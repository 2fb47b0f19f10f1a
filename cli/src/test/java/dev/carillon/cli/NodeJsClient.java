package dev.carillon.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.carillon.process.ChildProcess;
import dev.carillon.testkit.NpmPackages;
import java.io.IOException;
import java.io.OutputStreamWriter;
import java.io.UncheckedIOException;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** An {@code EventSource} of npm in a process of its own, which {@code NODEJS} runs. */
final class NodeJsClient implements HubClient, AutoCloseable {
    private static final ObjectMapper JSON = new ObjectMapper();

    private final List<Update> received = new ArrayList<>();
    private final List<String> complaints = new ArrayList<>();
    private final ChildProcess process;
    private int opens;
    private boolean gaveUp;

    /** @param library its name in the folder of clients */
    NodeJsClient(String library, String url, @Nullable String token) {
        try {
            process = ChildProcess.of(
                            Objects.requireNonNullElse(System.getenv("NODEJS"), "node"),
                            Path.of(NodeJsClient.class
                                            .getResource("/hub-clients/subscriber.mjs")
                                            .toURI())
                                    .toString())
                    .onOutput(this::take)
                    .onError(this::complain)
                    .start();
            new OutputStreamWriter(process.input(), StandardCharsets.UTF_8)
                    .append(JSON.writeValueAsString(Map.of(
                            "folder",
                            NpmPackages.directory().toAbsolutePath().toString(),
                            "library",
                            library,
                            "url",
                            url,
                            "headers",
                            token == null ? Map.of() : Map.of("Authorization", "Bearer " + token),
                            "types",
                            TYPES)))
                    .append('\n')
                    .flush();
        } catch (IOException e) {
            throw new UncheckedIOException(
                    "node cannot be run: install it, set NODEJS to the program, or run ./carillon test", e);
        } catch (URISyntaxException e) {
            throw new AssertionError(e);
        }
    }

    private synchronized void take(String line) {
        JsonNode told;
        try {
            told = JSON.readTree(line);
        } catch (JsonProcessingException e) {
            complaints.add(line);
            return;
        }
        switch (told.path("state").asText()) {
            case "open" -> opens++;
            case "gave up" -> gaveUp = true;
            case "error" -> {
                // It comes back.
            }
            default ->
                received.add(new Update(
                        told.path("id").asText(),
                        told.path("type").asText(),
                        told.path("data").asText()));
        }
    }

    private synchronized void complain(String line) {
        complaints.add(line);
    }

    @Override
    public synchronized List<Update> received() {
        return List.copyOf(received);
    }

    @Override
    public synchronized int opens() {
        return opens;
    }

    @Override
    public synchronized boolean gaveUp() {
        if (!process.isAlive()) {
            throw new AssertionError("it ended: " + complaints);
        }
        return gaveUp;
    }

    @Override
    public void close() {
        process.close();
    }
}
