package dev.carillon.dist;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.carillon.containers.Engine;
import dev.carillon.containers.Servers;
import dev.carillon.process.ServerProcess;
import dev.carillon.testkit.SseClient;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.testcontainers.containers.Network;
import org.testcontainers.lifecycle.Startables;

/**
 * The product's image, as a cluster of three nodes with addresses of their own and a Redis; the link of a node is cut at the network. Prints the size of
 * the image and the time until a node is ready.
 */
@Tag("full")
@Tag("containers")
@Tag("process")
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ImageClusterIT {
    private static final String TOPIC = "news";
    private static final String STREAM = "/events?topic=" + TOPIC;
    private static final int EVENTS = 60;

    private final Engine engine = Engine.find();
    private final HttpClient http = HttpClient.newHttpClient();
    private final List<AutoCloseable> opened = new ArrayList<>();

    @SuppressWarnings("NullAway.Init")
    private Path dir;

    @SuppressWarnings("NullAway.Init")
    private String image;

    @SuppressWarnings("NullAway.Init")
    private List<NodeContainer> nodes;

    @SuppressWarnings("NullAway.Init")
    private String token;

    @BeforeAll
    void start(@TempDir Path folder) throws Exception {
        dir = folder;
        Release release = Release.in(dir);
        release.make();
        BaseImage base = opened(BaseImage.find(engine));
        image = buildImage(release.unpack(dir), base.name());
        Network clients = opened(internalNetwork());
        Network cluster = opened(internalNetwork());
        opened(Servers.redisContainer().withNetwork(cluster).withNetworkAliases("redis"))
                .start();
        Map<String, String> settings = Map.of(
                "CARILLON_BROKER", "redis://redis:6379",
                "CARILLON_JWT_KEY", "k".repeat(40),
                "CARILLON_SECRET", "s".repeat(40),
                "CARILLON_ANONYMOUS", "true",
                "CARILLON_BROKER_START_TIMEOUT", "50s",
                "CARILLON_DRAIN_NOTICE", "1s",
                "CARILLON_DRAIN_TIMEOUT", "5s");
        nodes = Stream.of("n1", "n2", "n3")
                .map(name -> opened(new NodeContainer(image, name, clients, cluster, settings)))
                .toList();
        Startables.deepStart(nodes).join();
        nodes.forEach(node -> await().until(() -> node.isReady(http)));
        token = nodes.getFirst().exec("/opt/carillon/bin/carillon", "token", "--broadcast", "*", "--expires", "2h");
    }

    @AfterAll
    void stop() throws Exception {
        for (AutoCloseable one : opened.reversed()) {
            one.close();
        }
    }

    /** By the command of the manual. */
    private String buildImage(Path release, String base) throws IOException {
        String name = "localhost/carillon-test/node:" + ProcessHandle.current().pid();
        run(command("image")
                .replace("BASE=debian:bookworm-slim", "BASE=" + base)
                .replace("-t carillon", "-t " + name)
                .replace("-f Containerfile .", "-f " + release.resolve("Containerfile") + " " + release));
        opened.add(() -> engine.run("rmi", name));
        System.out.printf("image: %d MB, of which the base is %d MB%n", megabytes(name), megabytes(base));
        return name;
    }

    private long megabytes(String name) {
        return Long.parseLong(engine.run("image", "inspect", "--format", "{{.Size}}", name)) / 1_000_000;
    }

    /** A command of the manual, without the name of the engine. */
    private String command(String block) throws IOException {
        String command = new CommandPage("operations.md")
                .block("The image", block)
                .commands()
                .strip()
                .replaceFirst("^podman ", "");
        return engine.isPodman() ? command : command.replace("--format docker ", "");
    }

    private String run(String command) {
        return engine.run(command.split(" "));
    }

    private static Network internalNetwork() {
        return Network.builder()
                .createNetworkCmdModifier(create -> create.withInternal(true))
                .build();
    }

    private <T extends AutoCloseable> T opened(T one) {
        opened.add(one);
        return one;
    }

    @Test
    void one_node_needs_no_more_than_its_keys_and_drains_when_it_is_stopped() throws Exception {
        int port = ServerProcess.freePort();
        String name = "carillon-test-" + ProcessHandle.current().pid();
        Path variables = Files.writeString(
                dir.resolve("carillon.env"),
                "CARILLON_JWT_KEY=" + "k".repeat(40) + "\nCARILLON_SECRET=" + "s".repeat(40)
                        + "\nCARILLON_DRAIN_TIMEOUT=2s\nCARILLON_DRAIN_NOTICE=1s\n");
        long began = System.nanoTime();
        run(command("container")
                .replace("--name carillon-1", "--name " + name)
                .replace("--env-file carillon.env", "--env-file " + variables)
                .replace("8080:8080", "127.0.0.1:" + port + ":8080")
                .replaceFirst("carillon$", image));
        opened.add(() -> engine.run("rm", "-f", name));

        await().pollInterval(Duration.ofMillis(10)).until(() -> isOk("http://127.0.0.1:" + port + "/_health"));
        System.out.printf("container: ready %d ms after podman run%n", (System.nanoTime() - began) / 1_000_000);
        String address = engine.run("inspect", "--format", "{{.NetworkSettings.IPAddress}}", name);
        assertThat(get("http://" + address + ":9080/_health/cluster").body())
                .contains("\"node\":\"carillon-1\"", "\"address\":\"" + address + ":7080\"");
        engine.run("stop", "--time", "30", name);
        assertThat(engine.run("inspect", "--format", "{{.State.ExitCode}}", name))
                .isEqualTo("0");
    }

    private boolean isOk(String url) throws InterruptedException {
        try {
            return get(url).statusCode() == 200;
        } catch (IOException e) {
            return false;
        }
    }

    private HttpResponse<String> get(String url) throws IOException, InterruptedException {
        return http.send(
                HttpRequest.newBuilder(URI.create(url))
                        .timeout(Duration.ofSeconds(10))
                        .build(),
                HttpResponse.BodyHandlers.ofString());
    }

    @Test
    void image_runs_without_root_and_writes_nothing_to_its_root() throws Exception {
        NodeContainer node = nodes.getFirst();

        assertThat(node.exec("id", "-u")).isEqualTo("10001");
        assertThat(node.execInContainer("touch", "/opt/carillon/x").getExitCode())
                .isNotZero();
        assertThat(node.getLogs()).contains("serves http://0.0.0.0:8080").doesNotContain("Read-only file system");
        List<String> command = new ArrayList<>();
        new ObjectMapper()
                .readTree(engine.run("inspect", "--format", "{{json .Config.Healthcheck.Test}}", node.getContainerId()))
                .forEach(word -> command.add(word.asText()));
        assertThat(command).startsWith("CMD");
        assertThat(node.exec(command.subList(1, command.size()).toArray(String[]::new)))
                .isEqualTo("ready");
    }

    @Test
    void every_broadcast_reaches_the_streams_of_all_nodes_in_one_order() throws Exception {
        List<SseClient> streams = nodes.stream()
                .map(node -> opened(node.stream(STREAM, Map.of()).opened()))
                .toList();

        List<String> sent = broadcast("across", nodes, EVENTS);

        streams.forEach(stream -> await().until(() -> stream.data().containsAll(sent)));
        assertThat(streams).allSatisfy(stream -> assertThat(stream.data()).isEqualTo(sent));
        assertThat(names(nodes.getFirst().clusterHealth(http).path("nodes")))
                .containsExactlyInAnyOrder("n1", "n2", "n3");
    }

    @Test
    void node_whose_link_is_cut_says_so_and_delivers_what_it_missed_when_it_is_back() throws Exception {
        NodeContainer cut = nodes.get(2);
        List<NodeContainer> others = nodes.subList(0, 2);
        List<SseClient> elsewhere = others.stream()
                .map(node -> opened(node.stream(STREAM, Map.of()).opened()))
                .toList();
        SseClient stays = opened(cut.stream(STREAM, Map.of()).opened());
        SseClient leaves = opened(cut.stream(STREAM, Map.of()).opened());
        List<String> sent = new ArrayList<>(broadcast("before", nodes, EVENTS));
        Stream.concat(elsewhere.stream(), Stream.of(stays, leaves))
                .forEach(stream -> await().until(() -> stream.data().containsAll(sent)));

        cut.cut();
        await().until(() -> types(stays).contains("carillon.status"));
        assertThat(cut.broadcast(http, token, TOPIC, "refused").statusCode()).isEqualTo(503);
        assertThat(cut.health(http).path("status").asText()).isEqualTo("degraded");
        sent.addAll(broadcast("while cut", others, EVENTS));
        // It is unreachable, and forgotten when its record ends.
        await().until(() ->
                !names(others.getFirst().clusterHealth(http).path("nodes")).contains("n3"));
        elsewhere.forEach(stream -> await().until(() -> stream.data().containsAll(sent)));
        // A client that moves to another node continues where it was.
        String last = lastId(leaves);
        leaves.close();
        SseClient moved = opened(others.getFirst().stream(STREAM, Map.of("Last-Event-ID", last)));
        await().until(() -> moved.data().containsAll(sent.subList(EVENTS, sent.size())));
        assertThat(moved.data()).isEqualTo(sent.subList(EVENTS, sent.size()));
        assertThat(stays.hasEnded()).isFalse();
        assertThat(stays.data()).isEqualTo(sent.subList(0, EVENTS));

        cut.reconnect();
        await().until(() -> "ok".equals(cut.health(http).path("status").asText()));
        await().until(() ->
                others.getFirst().clusterHealth(http).path("status").asText().equals("ok"));
        sent.addAll(broadcast("after", nodes, EVENTS));

        List<SseClient> all =
                Stream.concat(elsewhere.stream(), Stream.of(stays)).toList();
        all.forEach(stream -> await().until(() -> stream.data().containsAll(sent.subList(2 * EVENTS, sent.size()))));
        assertThat(elsewhere).allSatisfy(stream -> assertThat(stream.data()).isEqualTo(sent));
        assertThat(types(stays)).as("nothing was lost, so no gap").doesNotContain("carillon.gap");
        assertThat(stays.data()).isEqualTo(sent);
        assertThat(stays.hasEnded()).isFalse();
    }

    private static String lastId(SseClient stream) {
        return stream.all().reversed().stream()
                .flatMap(event -> Stream.ofNullable(event.id()))
                .findFirst()
                .orElseThrow();
    }

    /** Broadcasts at these nodes in turn, each event after the one before it was acknowledged; returns their data. */
    private List<String> broadcast(String name, List<NodeContainer> at, int count) throws Exception {
        List<String> data =
                IntStream.range(0, count).mapToObj(i -> name + " " + i).toList();
        for (int i = 0; i < count; i++) {
            HttpResponse<String> response = at.get(i % at.size()).broadcast(http, token, TOPIC, data.get(i));
            assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
        }
        return data;
    }

    private static List<String> types(SseClient stream) {
        return stream.all().stream().map(event -> String.valueOf(event.type())).toList();
    }

    private static List<String> names(JsonNode nodes) {
        List<String> names = new ArrayList<>();
        nodes.forEach(node -> names.add(node.path("node").asText()));
        return names;
    }
}
