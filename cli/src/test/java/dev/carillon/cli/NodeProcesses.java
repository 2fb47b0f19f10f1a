package dev.carillon.cli;

import dev.carillon.node.Hub;
import dev.carillon.node.TestCluster;
import dev.carillon.process.ServerProcess;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** Nodes of one cluster, each a process at ports that stay the same when it is killed, or stopped, and started again. */
final class NodeProcesses implements AutoCloseable {
    private final Map<String, String> settings = new HashMap<>();
    private final int[] ports;
    private final int[] adminPorts;
    private final @Nullable CommandProcess[] processes;
    private final Set<Integer> serving = new TreeSet<>();
    private final HttpClient http = HttpClient.newHttpClient();
    private final String publisher = Hub.token(List.of("*"), List.of());
    private int publications;

    NodeProcesses(int count, String broker, String corsOrigin) {
        this(count, broker, Map.of("CARILLON_CORS_ORIGINS", corsOrigin));
    }

    /** @param more variables */
    NodeProcesses(int count, String broker, Map<String, String> more) {
        settings.putAll(Map.of(
                "CARILLON_BROKER", broker,
                "CARILLON_JWT_KEY", TestCluster.KEY,
                "CARILLON_SECRET", "a secret of the tests",
                "CARILLON_ANONYMOUS", "true",
                "CARILLON_BROKER_START_TIMEOUT", "50s",
                // What a client holds back until more comes is not to be helped by a comment line.
                "CARILLON_HEARTBEAT", "40s",
                "CARILLON_DRAIN_NOTICE", "1s",
                "CARILLON_DRAIN_TIMEOUT", "3s"));
        settings.putAll(more);
        ports = IntStream.range(0, count).map(i -> ServerProcess.freePort()).toArray();
        adminPorts =
                IntStream.range(0, count).map(i -> ServerProcess.freePort()).toArray();
        processes = new CommandProcess[count];
        IntStream.range(0, count).forEach(this::launch);
        IntStream.range(0, count).forEach(this::awaitReady);
    }

    List<URI> addresses() {
        return Arrays.stream(ports)
                .mapToObj(port -> URI.create("http://127.0.0.1:" + port))
                .toList();
    }

    URI adminAddress(int node) {
        return URI.create("http://127.0.0.1:" + adminPorts[node]);
    }

    /** The numbers of the nodes that serve. */
    synchronized List<Integer> serving() {
        return List.copyOf(serving);
    }

    void start(int node) {
        launch(node);
        awaitReady(node);
    }

    private void launch(int node) {
        processes[node] = CommandProcess.start(
                settings,
                "serve",
                "--node-id",
                "n" + node,
                "--port",
                Integer.toString(ports[node]),
                "--admin-port",
                Integer.toString(adminPorts[node]),
                "--internal-port",
                "0");
    }

    private void awaitReady(int node) {
        process(node).awaitLine("serves http://");
        synchronized (this) {
            serving.add(node);
        }
    }

    /** SIGKILL, while nothing is published there. */
    void kill(int node) {
        leave(node);
        process(node).kill();
        process(node).status();
    }

    /** SIGTERM; returns when its streams have ended, and it has. */
    void stop(int node) {
        leave(node);
        process(node).terminate();
        process(node).status();
    }

    private synchronized void leave(int node) {
        serving.remove(node);
    }

    /** The process of a node. */
    long pid(int node) {
        return process(node).handle().pid();
    }

    private CommandProcess process(int node) {
        CommandProcess process = processes[node];
        if (process == null) {
            throw new AssertionError("node " + node + " was not started");
        }
        return process;
    }

    /** Publishes at the next of the nodes that serve; the id of the update. */
    synchronized String publish(String topic, String data) {
        int node = List.copyOf(serving).get(publications++ % serving.size());
        HttpResponse<String> answer = send(HttpRequest.newBuilder(
                        addresses().get(node).resolve("/.well-known/mercure"))
                .header("Authorization", "Bearer " + publisher)
                .header("Content-Type", "application/x-www-form-urlencoded")
                .POST(HttpRequest.BodyPublishers.ofString("topic=" + Hub.encoded(topic) + "&data=" + Hub.encoded(data)))
                .build());
        if (answer.statusCode() != 200) {
            throw new AssertionError(answer.statusCode() + " " + answer.body());
        }
        return answer.body();
    }

    /** The streams that are open at all nodes. */
    int streams() {
        return metric("carillon_connections_open");
    }

    /** The sum of a metric without labels over all nodes that serve. */
    synchronized int metric(String name) {
        return serving.stream()
                .mapToInt(node -> send(HttpRequest.newBuilder(adminAddress(node).resolve("/metrics"))
                                .build())
                        .body()
                        .lines()
                        .filter(line -> line.startsWith(name + " "))
                        .mapToInt(line -> (int) Double.parseDouble(line.substring(line.indexOf(' '))))
                        .sum())
                .sum();
    }

    private HttpResponse<String> send(HttpRequest request) {
        try {
            return http.send(request, HttpResponse.BodyHandlers.ofString());
        } catch (IOException e) {
            throw new AssertionError(request.toString(), e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError(e);
        }
    }

    @Override
    public void close() {
        http.shutdownNow();
        for (CommandProcess process : processes) {
            if (process != null) {
                process.kill();
                process.status();
            }
        }
    }
}
