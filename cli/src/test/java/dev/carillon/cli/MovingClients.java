package dev.carillon.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.carillon.lab.fleet.Fleet;
import dev.carillon.lab.fleet.FleetObserver;
import dev.carillon.lab.fleet.StreamEvent;
import dev.carillon.node.Node;
import dev.carillon.node.TestCluster;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Event streams, subscribers of the hub, WebSockets and pages with a count, as many of each, with numbered events of one topic. */
final class MovingClients implements AutoCloseable, FleetObserver {
    private static final Pattern NUMBER = Pattern.compile("\\d+");
    private static final Pattern COUNT = Pattern.compile("<output>(\\d+)</output>");
    private static final Pattern CONTEXT = Pattern.compile("name=\"_context\" value=\"([^\"]+)\"");

    private final int port;
    private final int each;
    private final List<Tab> tabs = new ArrayList<>();
    private final ScheduledExecutorService timer = Executors.newSingleThreadScheduledExecutor();
    private volatile int last;
    private volatile boolean ending;
    // Guarded by this.
    private final List<List<Integer>> received = new ArrayList<>();
    private final List<Integer> counts = new ArrayList<>();
    private final Map<Integer, Long> closedAt = new HashMap<>();
    private long longestGapNanos;
    private int refused;

    @SuppressWarnings("NullAway.Init") // By start.
    private Fleet fleet;

    /** A page in a browser: its session cookie and context. */
    private record Tab(String cookie, String context) {}

    private MovingClients(int port, int each) {
        this.port = port;
        this.each = each;
        for (int i = 0; i < 4 * each; i++) {
            received.add(new ArrayList<>());
            counts.add(0);
        }
    }

    static MovingClients start(int port, int each) {
        MovingClients clients = new MovingClients(port, each);
        InetSocketAddress address = new InetSocketAddress(InetAddress.getLoopbackAddress(), port);
        List<Fleet.Client> plan = new ArrayList<>();
        for (int i = 0; i < each; i++) {
            plan.add(new Fleet.Client(address, "/events?topic=t", List.of(), false));
            plan.add(new Fleet.Client(address, "/.well-known/mercure?topic=t", List.of(), false));
            plan.add(new Fleet.Client(address, "/ws?topic=t", List.of(), false, true, null));
            Tab tab = clients.load();
            clients.tabs.add(tab);
            plan.add(new Fleet.Client(
                    address, "/_pages/stream?context=" + tab.context(), List.of("Cookie: " + tab.cookie()), false));
        }
        clients.fleet = Fleet.start(plan, 1_000, clients);
        return clients;
    }

    private Tab load() {
        HttpResponse<String> page = TestCluster.get(port, "/count");
        Matcher context = CONTEXT.matcher(page.body());
        assertThat(context.find()).as(page.body()).isTrue();
        String cookie = page.headers().allValues("Set-Cookie").stream()
                .map(line -> line.split(";", 2)[0])
                .filter(pair -> pair.startsWith("carillon_session"))
                .findFirst()
                .orElseThrow();
        return new Tab(cookie, context.group(1));
    }

    /** Broadcasts numbers, with a pause after each, until {@link #assertUndisturbed}. */
    void broadcastBy(Node node, int pauseMillis) {
        ScheduledFuture<?> _ = timer.scheduleWithFixedDelay(
                () -> {
                    if (!ending) {
                        int next = last + 1;
                        String _ = TestCluster.broadcast(node, "{\"scope\":\"topic:t\",\"data\":\"" + next + "\"}");
                        last = next;
                    }
                },
                0,
                pauseMillis,
                TimeUnit.MILLISECONDS);
    }

    int open() {
        return fleet.open();
    }

    /** Whether each client in the topic has had an event. */
    synchronized boolean haveNews() {
        for (int i = 0; i < received.size(); i++) {
            if (!isPage(i) && received.get(i).isEmpty()) {
                return false;
            }
        }
        return true;
    }

    private static boolean isPage(int client) {
        return client % 4 == 3;
    }

    @Override
    public synchronized void event(int client, StreamEvent event, long nanos) {
        Matcher count = COUNT.matcher(event.data());
        if (isPage(client)) {
            while (count.find()) {
                counts.set(client, Integer.parseInt(count.group(1)));
            }
        } else if (NUMBER.matcher(event.data()).matches()) {
            received.get(client).add(Integer.parseInt(event.data()));
        }
    }

    @Override
    public synchronized void closed(int client, long nanos) {
        closedAt.put(client, nanos);
    }

    @Override
    public synchronized void opened(int client, long nanos) {
        Long closed = closedAt.remove(client);
        if (closed != null) {
            longestGapNanos = Math.max(longestGapNanos, nanos - closed);
        }
    }

    /** The longest time for which a client had no stream. */
    synchronized long longestGapMillis() {
        return TimeUnit.NANOSECONDS.toMillis(longestGapNanos);
    }

    @Override
    public synchronized void refusedForGood(int client, int status) {
        refused++;
    }

    /** Runs the action of each page, by whichever node the proxy chooses. */
    void act() {
        for (Tab tab : tabs) {
            HttpResponse<String> answer = TestCluster.send(
                    HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/_pages/action/add"))
                            .header("Accept", "text/vnd.turbo-stream.html")
                            .header("Origin", "http://127.0.0.1:" + port)
                            .header("Cookie", tab.cookie())
                            .header("Content-Type", "application/x-www-form-urlencoded")
                            .POST(HttpRequest.BodyPublishers.ofString("_context=" + tab.context() + "&_page=%2Fcount"))
                            .build());
            assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
            // Otherwise the page was lost, and must be loaded again.
            assertThat(answer.body()).contains("target=\"carillon-message\"><template></template>");
        }
    }

    /** Each client has every number from its first to the last once and in order, and each page shows its count. */
    void assertUndisturbed() {
        ending = true;
        await().until(() -> fleet.open() == 4 * each);
        await().untilAsserted(() -> {
            synchronized (this) {
                for (int i = 0; i < received.size(); i++) {
                    if (isPage(i)) {
                        assertThat(counts.get(i)).as("page " + i).isEqualTo(1);
                    } else {
                        assertThat(received.get(i).getLast()).as("client " + i).isGreaterThanOrEqualTo(last);
                    }
                }
            }
        });
        synchronized (this) {
            assertThat(refused).isZero();
            for (int i = 0; i < received.size(); i++) {
                List<Integer> numbers = received.get(i);
                for (int at = 1; at < numbers.size(); at++) {
                    assertThat(numbers.get(at))
                            .as("client " + i + " after " + numbers.get(at - 1))
                            .isEqualTo(numbers.get(at - 1) + 1);
                }
            }
        }
    }

    @Override
    public void close() {
        timer.shutdownNow();
        fleet.close();
    }
}
