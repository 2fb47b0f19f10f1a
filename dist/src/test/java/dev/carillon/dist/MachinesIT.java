package dev.carillon.dist;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.carillon.containers.Engine;
import dev.carillon.process.ChildProcess;
import dev.carillon.testkit.Patience;
import dev.carillon.testkit.SseClient;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.io.TempDir;

/**
 * Does what {@code docs/operations.md} says, by its own commands, on whole machines with systemd: nothing of Carillon but the archive is on them. The
 * tests continue one another. Prints the size of the archive and the time until a node is ready.
 */
@Tag("full")
@Tag("machines")
@Tag("process")
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class MachinesIT {
    private static final CommandPage PAGE = new CommandPage("operations.md");
    private static final String PREFIX = "10.77.0.";
    private static final InetSocketAddress PROXY = new InetSocketAddress(PREFIX + "20", 80);
    private static final String TOPIC = "hello";
    private static final String STREAM = "/events?topic=" + TOPIC;
    private static final int EVENTS = 30;

    private final HttpClient http = HttpClient.newHttpClient();
    private final List<AutoCloseable> opened = new ArrayList<>();
    private final Set<CommandPage.Block> done = new LinkedHashSet<>();
    private final List<Machine> nodes = new ArrayList<>();

    @SuppressWarnings("NullAway.Init")
    private Path dir;

    @SuppressWarnings("NullAway.Init")
    private Release release;

    @SuppressWarnings("NullAway.Init")
    private String version;

    @SuppressWarnings("NullAway.Init")
    private String token;

    private int sent;

    @BeforeAll
    void start_the_machines(@TempDir Path folder) throws Exception {
        dir = folder;
        release = Release.in(dir);
        Path archive = release.make();
        version = archive.getFileName().toString().replaceAll("carillon-(.*)-linux-.*", "$1");
        System.out.printf("archive: %.1f MB%n", Files.size(archive) / 1e6);

        Engine podman = Engine.podman();
        BaseImage machine = opened(BaseImage.of(podman, "machine"));
        BaseImage services = opened(BaseImage.of(podman, "services"));
        String network = "carillon-test-" + ProcessHandle.current().pid();
        podman.run("network", "create", "--subnet", PREFIX + "0/24", network);
        opened.add(() -> podman.run("network", "rm", network));
        Machine redis = opened(Machine.start(podman, services.name(), network, "redis", PREFIX + "10"));
        Machine proxy = opened(Machine.start(podman, services.name(), network, "proxy", PREFIX + "20"));
        for (int i = 1; i <= 3; i++) {
            nodes.add(opened(Machine.start(podman, machine.name(), network, "node" + i, PREFIX + (10 + i))));
        }

        Path here = release.folder();
        ChildProcess.Ended ended = release.run(here, "bash", "-ec", commands("Secrets", "here", version));
        assertThat(ended.status()).as(ended.err()).isZero();
        redis.copyIn(here.resolve("carillon.acl"));
        redis.run(commands("Redis", "redis", version));
        for (Machine node : nodes) {
            node.copyIn(archive);
            node.copyIn(release.checksum());
            node.copyIn(here.resolve("carillon.env"));
            long began = System.nanoTime();
            node.run(commands("Nodes", "node", version));
            System.out.printf("%s: installed and ready after %d ms%n", node.name(), millisSince(began));
        }
        proxy.run(commands("Proxy", "proxy", version));
        token = nodes.getFirst()
                .run(
                        "set -a; . /etc/carillon/carillon.env; /opt/carillon/bin/carillon token --broadcast '*' --read '*' --expires 2h");
    }

    @AfterAll
    void remove_the_machines() throws Exception {
        for (AutoCloseable one : opened.reversed()) {
            one.close();
        }
    }

    private <T extends AutoCloseable> T opened(T one) {
        opened.add(one);
        return one;
    }

    private static long millisSince(long nanos) {
        return TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - nanos);
    }

    /** The commands of the page below a heading, for a machine and a version. */
    private String commands(String heading, String machine, String of) throws IOException {
        CommandPage.Block block = PAGE.block(heading, machine);
        done.add(block);
        String arch = release.archive().getFileName().toString().replaceAll(".*-linux-(.*)\\.tar\\.gz", "$1");
        return block.commands().replace("linux-x64", "linux-" + arch).replaceAll("VERSION|PREVIOUS", of);
    }

    private FollowingStream stream() {
        return new FollowingStream(PROXY, STREAM, Map.of("Authorization", "Bearer " + token));
    }

    /** Broadcasts by the proxy, and again with the same id until it is acknowledged. */
    private String broadcast() {
        sent++;
        String data = "event " + sent;
        HttpRequest request = HttpRequest.newBuilder(URI.create("http://" + PROXY.getHostString() + "/broadcast"))
                .timeout(Patience.LIMIT)
                .header("Authorization", "Bearer " + token)
                .header("Content-Type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString(
                        "{\"scope\":\"topic:%s\",\"id\":\"e%d\",\"data\":\"%s\"}".formatted(TOPIC, sent, data)))
                .build();
        await().until(() -> isAcknowledged(request));
        return data;
    }

    private boolean isAcknowledged(HttpRequest request) throws InterruptedException {
        try {
            HttpResponse<String> response = http.send(request, HttpResponse.BodyHandlers.ofString());
            assertThat(response.statusCode()).as(response.body()).isIn(200, 502, 503);
            return response.statusCode() == 200;
        } catch (IOException e) {
            return false;
        }
    }

    private List<String> broadcast(int count) {
        List<String> data = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            data.add(broadcast());
        }
        return data;
    }

    /** The last is received last. */
    private static void assertReceived(FollowingStream stream, List<String> data) {
        await().until(() -> stream.data().contains(data.getLast()));
        assertThat(stream.types()).as(stream.toString()).doesNotContain("carillon.gap");
        assertThat(stream.data()).as(stream.toString()).isEqualTo(data);
    }

    private boolean answers(String address, int port) {
        try {
            return http.send(
                                    HttpRequest.newBuilder(URI.create("http://" + address + ":" + port + "/_health"))
                                            .timeout(Duration.ofSeconds(5))
                                            .build(),
                                    HttpResponse.BodyHandlers.discarding())
                            .statusCode()
                    == 200;
        } catch (IOException e) {
            return false;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    private String address(Machine node) {
        return PREFIX + (11 + nodes.indexOf(node));
    }

    @Test
    @Order(1)
    void broadcast_reaches_streams_of_all_nodes_by_the_proxy() throws Exception {
        List<FollowingStream> streams = new ArrayList<>();
        for (int i = 0; i < 6; i++) {
            streams.add(opened(stream()));
        }
        assertThat(streams.stream().map(MachinesIT::nodeOf).collect(Collectors.toSet()))
                .containsExactlyInAnyOrder("node1", "node2", "node3");

        nodes.getFirst().run(commands("A first broadcast", "node1", version));

        streams.forEach(stream -> await().until(() -> stream.data().contains("hello, world")));
        List<String> all = new ArrayList<>(List.of("hello, world"));
        all.addAll(broadcast(EVENTS));
        streams.forEach(stream -> assertReceived(stream, all));
    }

    /** The node that the proxy chose, by its cookie. */
    private static String nodeOf(FollowingStream stream) {
        return String.valueOf(stream.current().header("Set-Cookie")).replaceAll("(?s).*\\bnode=(\\w+).*", "$1");
    }

    @Test
    @Order(2)
    void killed_node_is_started_again_and_its_clients_miss_nothing() {
        FollowingStream stream = opened(stream());
        Machine killed = nodes.stream()
                .filter(node -> node.name().equals(nodeOf(stream)))
                .findFirst()
                .orElseThrow();
        String pid = killed.show("carillon", "MainPID");
        List<String> all = new ArrayList<>(broadcast(EVENTS));

        killed.run("systemctl kill --signal KILL carillon");
        long began = System.nanoTime();
        all.addAll(broadcast(EVENTS));

        await().until(() -> answers(address(killed), 8080));
        System.out.printf("%s: ready again %d ms after it was killed%n", killed.name(), millisSince(began));
        assertThat(killed.show("carillon", "NRestarts")).isEqualTo("1");
        assertThat(killed.show("carillon", "MainPID")).isNotEqualTo(pid);
        all.addAll(broadcast(EVENTS));
        assertReceived(stream, all);
    }

    @Test
    @Order(3)
    void node_is_ready_soon_after_its_start() {
        Machine node = nodes.get(1);
        node.run("systemctl stop carillon");
        long began = System.nanoTime();
        node.run("systemctl start carillon");
        await().pollInterval(Duration.ofMillis(10)).until(() -> answers(address(node), 8080));
        System.out.printf("%s: ready %d ms after its start%n", node.name(), millisSince(began));
        assertThat(node.show("carillon", "ActiveState")).isEqualTo("active");
    }

    @Test
    @Order(4)
    void node_with_a_wrong_setting_ends_with_status_2_and_is_not_started_again() throws Exception {
        Machine node = nodes.getFirst();
        String restarts = node.show("carillon", "NRestarts");
        node.run("echo port=wrong >> /etc/carillon/carillon.properties; systemctl restart carillon || true");

        await().until(() -> node.show("carillon", "ActiveState").equals("failed"));

        assertThat(node.run(commands("A node that does not start", "node1", version)))
                .contains("ActiveState=failed", "ExecMainStatus=2", "port", "wrong");
        // Longer than the unit's RestartSec.
        await().during(Duration.ofSeconds(5))
                .until(() -> node.show("carillon", "ActiveState").equals("failed"));
        assertThat(node.show("carillon", "NRestarts")).isEqualTo(restarts);

        node.run("sed -i '$d' /etc/carillon/carillon.properties; systemctl restart carillon");
        await().until(() -> answers(address(node), 8080));
    }

    @Test
    @Order(5)
    void second_node_runs_beside_the_first() throws Exception {
        Machine machine = nodes.get(2);
        machine.run(commands("Several nodes on a machine", "node3", version));

        SseClient stream = opened(SseClient.open(
                        new InetSocketAddress(address(machine), 8081),
                        STREAM,
                        Map.of("Authorization", "Bearer " + token))
                .opened());
        String data = broadcast();
        stream.awaitData(data);
        assertThat(machine.show("carillon", "ActiveState")).isEqualTo("active");
        machine.run("systemctl disable --now carillon@b");
    }

    @Test
    @Order(6)
    void nodes_are_upgraded_and_rolled_back_one_after_the_other_under_clients() throws Exception {
        String next = version + "-next";
        Path archive = release.renamed(version, next);
        List<FollowingStream> streams = new ArrayList<>();
        for (int i = 0; i < 6; i++) {
            streams.add(opened(stream()));
        }
        // Only a client that has received an event can resume.
        String first = broadcast();
        streams.forEach(stream -> await().until(() -> stream.data().contains(first)));
        try (Traffic traffic = new Traffic(first)) {
            for (Machine node : nodes) {
                node.copyIn(archive);
                node.copyIn(
                        archive.resolveSibling(archive.getFileName().toString().replace(".tar.gz", ".sha256")));
                node.run(commands("Upgrade", "each-node", next));
                assertThat(program(node)).startsWith("/opt/carillon-" + next + "/");
            }
            for (Machine node : nodes) {
                node.run(commands("Roll back", "each-node", version));
                assertThat(program(node)).startsWith("/opt/carillon-" + version + "/");
            }
            List<String> all = traffic.end();
            System.out.printf("upgrade and roll back of three nodes: %d events%n", all.size());
            streams.forEach(stream -> assertReceived(stream, all));
        }
    }

    private static String program(Machine node) {
        return node.run("readlink /proc/$(systemctl show --property MainPID --value carillon)/exe");
    }

    /** Broadcasts some events per second until it is ended. */
    private final class Traffic implements AutoCloseable {
        private final List<String> data = new ArrayList<>();
        private volatile boolean ended;
        private final Thread thread;

        /** @param before the event before its own */
        Traffic(String before) {
            data.add(before);
            thread = Thread.ofVirtual().name("traffic").start(this::send);
        }

        private void send() {
            while (!ended) {
                data.add(broadcast());
                LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(100));
            }
        }

        List<String> end() throws InterruptedException {
            ended = true;
            thread.join();
            return data;
        }

        @Override
        public void close() {
            ended = true;
        }
    }

    @Test
    @Order(7)
    void node_is_reloaded_under_a_client_and_a_wrong_setting_leaves_it_as_it_is() throws Exception {
        Machine node = nodes.get(1);
        String pid = node.show("carillon", "MainPID");
        String restarts = node.show("carillon", "NRestarts");
        FollowingStream stream = opened(new FollowingStream(
                new InetSocketAddress(address(node), 8080), STREAM, Map.of("Authorization", "Bearer " + token)));
        List<String> all = new ArrayList<>(broadcast(EVENTS));

        assertThat(
                        node.run(
                                "echo heartbeat=often >> /etc/carillon/carillon.properties; systemctl reload carillon || echo refused"))
                .contains("refused");
        assertThat(node.show("carillon", "ActiveState")).isEqualTo("active");
        assertThat(node.show("carillon", "MainPID")).isEqualTo(pid);
        node.run("sed -i '$d' /etc/carillon/carillon.properties");
        all.addAll(broadcast(EVENTS));
        assertReceived(stream, all);

        long began = System.nanoTime();
        node.run(commands("Deploy without an interruption", "node2", version));
        await().until(() -> {
            all.add(broadcast());
            return !node.show("carillon", "MainPID").equals(pid);
        });
        System.out.printf("%s: replaced %d ms after the reload began%n", node.name(), millisSince(began));
        await().until(() -> node.run("kill -0 " + pid + " 2>/dev/null && echo runs || echo ended")
                .contains("ended"));
        all.addAll(broadcast(EVENTS));
        assertReceived(stream, all);
        assertThat(node.show("carillon", "ActiveState")).isEqualTo("active");
        assertThat(node.show("carillon", "NRestarts")).isEqualTo(restarts);
    }

    @Test
    @Order(8)
    void every_command_of_the_page_was_run() throws Exception {
        assertThat(nodes.getFirst().run(commands("At three in the morning", "node1", version)))
                .containsAnyOf("\"unreachable\":[]", "ready");
        nodes.getFirst().run(commands("Dumps and recordings", "node1", version));
        assertThat(nodes.getFirst().run("cat threads.txt classes.txt")).contains("XNIO", "dev.carillon.fanout");
        nodes.getFirst().run(commands("Backups", "node1", version));

        assertThat(nodes.getFirst().run("tar -tzf carillon-settings.tar.gz"))
                .contains("etc/carillon/carillon.env", "etc/carillon/carillon.properties");
        // Those of the image are run by another test.
        assertThat(PAGE.blocks().stream().filter(block -> !block.heading().equals("The image")))
                .isNotEmpty()
                .allSatisfy(block -> assertThat(done).contains(block));
    }
}
