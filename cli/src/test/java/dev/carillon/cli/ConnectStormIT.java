package dev.carillon.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.carillon.lab.fleet.Fleet;
import dev.carillon.lab.fleet.FleetObserver;
import dev.carillon.lab.fleet.StreamEvent;
import dev.carillon.node.TestCluster;
import dev.carillon.process.ProcessCost;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * All clients of a failed node connect to another one at the same time, which has live streams: a new process, and the same one again. Prints processor time
 * of each connect, and the delay of the live events meanwhile.
 */
@Tag("full")
@Tag("process")
class ConnectStormIT {
    private static final int STORM = Integer.getInteger("carillon.storm.clients", 3_000);
    private static final int LIVE = 10;
    private static final int AT_ONCE = 1_000_000;

    private final Queue<Long> delaysNanos = new ConcurrentLinkedQueue<>();

    @ParameterizedTest
    @ValueSource(ints = {0, 2_000})
    void live_streams_have_their_events_while_thousands_of_clients_connect(int warmUp) throws Exception {
        try (CommandProcess node = CommandProcess.start(
                        Map.of("CARILLON_JWT_KEY", TestCluster.KEY, "CARILLON_SECRET", TestCluster.SECRET),
                        "serve",
                        "--port",
                        "0",
                        "--admin-port",
                        "0",
                        "--internal-port",
                        "0",
                        "--anonymous",
                        "--streams-per-address",
                        "0",
                        "--requests-per-address",
                        "0",
                        "--warm-up",
                        Integer.toString(warmUp));
                ScheduledExecutorService timer = Executors.newSingleThreadScheduledExecutor()) {
            int port = Integer.parseInt(
                    node.awaitLine("serves http://127\\.0\\.0\\.1:(\\d+)").group(1));
            InetSocketAddress address = new InetSocketAddress(InetAddress.getLoopbackAddress(), port);
            FleetObserver delays = new FleetObserver() {
                @Override
                public void event(int client, StreamEvent event, long nanos) {
                    if (event.data().matches("\\d+")) {
                        delaysNanos.add(nanos - Long.parseLong(event.data()));
                    }
                }
            };
            try (Fleet live = Fleet.start(new Fleet.Plan(LIVE, List.of(address), "/events?topic=live", 100), delays)) {
                await().until(() -> live.open() == LIVE);
                HttpClient http = HttpClient.newHttpClient();
                ScheduledFuture<?> _ =
                        timer.scheduleAtFixedRate(() -> broadcast(http, port), 0, 5, TimeUnit.MILLISECONDS);
                await().until(() -> delaysNanos.size() > LIVE);

                for (String process : List.of("new", "same")) {
                    storm(node, address, "warm-up " + warmUp + ", " + process + " process");
                }
            }
        }
    }

    private void storm(CommandProcess node, InetSocketAddress address, String title) {
        delaysNanos.clear();
        ProcessCost before = ProcessCost.of(node.handle().pid());
        long began = System.nanoTime();
        try (Fleet storm = Fleet.start(
                new Fleet.Plan(STORM, List.of(address), "/events?topic=storm", AT_ONCE), new FleetObserver() {})) {
            await().until(() -> storm.open() == STORM);
            double seconds = (System.nanoTime() - began) / 1e9;
            long[] delays =
                    delaysNanos.stream().mapToLong(Long::longValue).sorted().toArray();
            System.out.printf(
                    Locale.ROOT,
                    "%s: %d clients in %.2f s, %.0f µs CPU each; delay of live events p50 %.1f ms, p99 %.1f ms, max %.1f ms (%d)%n",
                    title,
                    STORM,
                    seconds,
                    1_000.0 * ProcessCost.of(node.handle().pid()).cpuMillisSince(before) / STORM,
                    at(delays, 0.5),
                    at(delays, 0.99),
                    at(delays, 1),
                    delays.length);
            assertThat(Arrays.stream(delays)).isNotEmpty();
        }
        await().until(() -> delaysNanos.size() > 0);
    }

    private static double at(long[] sorted, double part) {
        return sorted.length == 0 ? Double.NaN : sorted[(int) ((sorted.length - 1) * part)] / 1e6;
    }

    private static void broadcast(HttpClient http, int port) {
        var _ = http.sendAsync(
                HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/broadcast"))
                        .header("Authorization", "Bearer " + TestCluster.token())
                        .header("Content-Type", "application/json")
                        .POST(HttpRequest.BodyPublishers.ofString(
                                "{\"scope\":\"topic:live\",\"data\":\"" + System.nanoTime() + "\"}"))
                        .build(),
                HttpResponse.BodyHandlers.discarding());
    }
}
