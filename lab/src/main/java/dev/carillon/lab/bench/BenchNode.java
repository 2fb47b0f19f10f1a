package dev.carillon.lab.bench;

import dev.carillon.jwt.JwtConfig;
import dev.carillon.lab.LabException;
import dev.carillon.lab.cluster.Commands;
import dev.carillon.lab.cluster.ListenAddresses;
import dev.carillon.lab.cluster.ServiceProcess;
import dev.carillon.lab.cluster.Tokens;
import dev.carillon.node.NodeKeys;
import java.io.IOException;
import java.io.PrintStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** A node of its own, in a process, to which events are broadcast. */
final class BenchNode implements AutoCloseable {
    static final String TOPIC = "bench";
    static final String TYPE = "tick";

    private static final Duration START = Duration.ofSeconds(60);
    private static final Duration TOKEN_LIFETIME = Duration.ofHours(4);

    private final ServiceProcess<ListenAddresses> process;
    private final URI address;
    private final String token;
    private final HttpClient http;

    /**
     * Returns when the node serves.
     *
     * @param tls options of its TLS; empty: none
     * @param http trusts its certificate
     */
    BenchNode(Commands commands, String id, List<String> tls, HttpClient http, PrintStream progress) {
        this.http = http;
        String key = Tokens.randomKey();
        Map<String, String> variables = commands.withoutSettings();
        variables.put(NodeKeys.JWT_KEY.variable(), key);
        this.token = Tokens.of(JwtConfig.of("HS256", key, true))
                .orElseThrow()
                .make(Tokens.Claims.EVERYTHING, TOKEN_LIFETIME);
        List<String> command = new ArrayList<>(List.of(
                "serve",
                Commands.STOP_WITH_STDIN,
                "--port",
                "0",
                "--admin-port",
                "0",
                "--internal-port",
                "0",
                "--anonymous",
                "--trusted-proxies",
                "127.0.0.1",
                "--streams-per-address",
                "0",
                "--requests-per-address",
                "0"));
        command.addAll(tls);
        this.process = commands.start(id, command, variables, ListenAddresses::parse, progress);
        this.address = URI.create((tls.isEmpty() ? "http://127.0.0.1:" : "https://localhost:")
                + process.awaitReady(START).port());
    }

    URI address() {
        return address;
    }

    long pid() {
        return process.pid();
    }

    /** Broadcasts an event with the time, by {@link System#nanoTime}, as its data. */
    void broadcast() throws InterruptedException {
        String body =
                "{\"scope\":\"topic:" + TOPIC + "\",\"type\":\"" + TYPE + "\",\"data\":\"" + System.nanoTime() + "\"}";
        try {
            HttpResponse<String> answer = http.send(
                    HttpRequest.newBuilder(address.resolve("/broadcast"))
                            .header("Authorization", "Bearer " + token)
                            .header("Content-Type", "application/json")
                            .POST(HttpRequest.BodyPublishers.ofString(body))
                            .build(),
                    HttpResponse.BodyHandlers.ofString());
            if (answer.statusCode() != 200) {
                throw LabException.failed("the node at " + address + " refused a broadcast: " + answer.body());
            }
        } catch (IOException e) {
            throw LabException.failed("the node at " + address + " did not accept a broadcast: "
                    + (e.getMessage() == null ? e : e.getMessage()));
        }
    }

    @Override
    public void close() {
        process.stop();
    }
}
