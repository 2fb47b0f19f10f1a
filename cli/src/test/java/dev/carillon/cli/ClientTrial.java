package dev.carillon.cli;

import dev.carillon.cli.TrialClient.Received;
import dev.carillon.node.Hub;
import dev.carillon.testkit.Chromium;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.function.IntConsumer;
import java.util.function.Predicate;
import org.awaitility.Awaitility;
import org.awaitility.core.ConditionTimeoutException;
import org.jspecify.annotations.Nullable;

/** All clients on one route at once. A client that fails is not waited for any more: the others go on. One thread only: the browser's. */
final class ClientTrial implements AutoCloseable {
    static final String OK = "ok";

    private static final int SMALL = 5;
    private static final String SMALL_PREFIX = "small ";
    private static final int MANY = 250;
    private static final int WITH_EACH_NODE = 65;
    /** Much longer than an event takes, but shorter than a heartbeat. */
    private static final Duration IN_TIME = Duration.ofSeconds(20);
    /** Some wait 10 s before they come back. */
    private static final Duration BACK = Duration.ofSeconds(60);

    private static int topics;

    private static final class Entrant {
        private final TrialClient client;
        private @Nullable String failure;

        private Entrant(TrialClient client) {
            this.client = client;
        }

        /** What came of the trial: nodes have events of their own. */
        private List<Received> received(String prefix) {
            return client.received().stream()
                    .filter(event -> event.data().startsWith(prefix))
                    .toList();
        }
    }

    private final NodeProcesses nodes;
    private final String topic = "https://clients.test/" + topics++;
    private final Map<String, Entrant> entrants = new LinkedHashMap<>();

    /** @param path of the endpoint */
    ClientTrial(
            NodeProcesses nodes,
            ClientRoute route,
            String path,
            List<ClientProgram> programs,
            Chromium chromium,
            ClientSite site) {
        this.nodes = nodes;
        // Those of an earlier trial may still be there, behind a proxy that has not noticed yet that they are gone.
        int before = nodes.streams();
        String query = path + "?topic=" + Hub.encoded(topic);
        for (ClientProgram program : programs) {
            String url = route.entry(entrants.size()) + query;
            entrants.put(program.title(), new Entrant(new ClientProcess(program, url)));
        }
        entrants.put(
                ChromiumClient.TITLE,
                new Entrant(new ChromiumClient(chromium, site, route.entry(entrants.size()) + query)));
        await(BACK, () -> nodes.streams() >= before + entrants.size());
    }

    /** Each event is seen before the next is published. What became of each client. */
    Map<String, String> smallEventsInTime() {
        for (int i = 1; i <= SMALL; i++) {
            int count = i;
            nodes.publish(topic, SMALL_PREFIX + i);
            awaitEach(
                    IN_TIME,
                    "event " + i + " not in time",
                    e -> e.received(SMALL_PREFIX).size() >= count);
        }
        return outcomes();
    }

    /** @param end ends the node of this number, under traffic; it is started again then */
    Map<String, String> nodesEnd(IntConsumer end) {
        try (NumberedTraffic traffic = new NumberedTraffic(nodes, topic)) {
            forget();
            int count = 10;
            publish(traffic, count, IN_TIME, "no event in time");
            for (int node = 0; node < nodes.addresses().size(); node++) {
                int before = count;
                count += WITH_EACH_NODE;
                traffic.upTo(count);
                await(BACK, () -> traffic.sent().size() >= before + WITH_EACH_NODE / 3);
                end.accept(node);
                nodes.start(node);
                publish(traffic, count, BACK, "not back after the end of node " + node);
            }
            publish(traffic, MANY, BACK, "incomplete");
            entrants.values().forEach(entrant -> compare(entrant, traffic.sent()));
        }
        return outcomes();
    }

    /** Each trial begins anew. */
    private void forget() {
        entrants.values().forEach(entrant -> entrant.failure = null);
    }

    private void publish(NumberedTraffic traffic, int count, Duration atMost, String failure) {
        traffic.upTo(count);
        if (!await(BACK, () -> traffic.sent().size() >= count)) {
            throw new AssertionError("only " + traffic.sent().size() + " of " + count + " updates were published");
        }
        awaitEach(atMost, failure, e -> e.received(NumberedTraffic.PREFIX).size() >= count);
    }

    private static void compare(Entrant entrant, List<Received> sent) {
        List<Received> received = entrant.received(NumberedTraffic.PREFIX);
        if (!received.equals(sent)) {
            int distinct = new HashSet<>(received).size();
            String counts = distinct + " of " + sent.size() + " events, " + (received.size() - distinct) + " twice";
            entrant.failure = entrant.failure == null ? counts : entrant.failure + "; " + counts;
        }
    }

    private void awaitEach(Duration atMost, String failure, Predicate<Entrant> condition) {
        List<Entrant> awaited = entrants.values().stream()
                .filter(entrant -> entrant.failure == null)
                .toList();
        await(atMost, () -> awaited.stream().allMatch(e -> e.client.gaveUp() || condition.test(e)));
        for (Entrant entrant : awaited) {
            if (!condition.test(entrant)) {
                entrant.failure = (entrant.client.gaveUp() ? "gave up" : failure) + " (" + entrant.client.state() + ")";
            }
        }
    }

    /** Whether it came true. */
    private static boolean await(Duration atMost, Callable<Boolean> condition) {
        try {
            Awaitility.await()
                    .pollInSameThread()
                    .pollInterval(Duration.ofMillis(20))
                    .atMost(atMost)
                    .until(condition);
            return true;
        } catch (ConditionTimeoutException e) {
            return false;
        }
    }

    private Map<String, String> outcomes() {
        Map<String, String> outcomes = new LinkedHashMap<>();
        entrants.forEach((title, entrant) -> {
            String failure = entrant.failure;
            outcomes.put(title, failure == null ? OK : failure);
        });
        return outcomes;
    }

    @Override
    public void close() {
        List<TrialClient> clients = new ArrayList<>();
        entrants.values().forEach(entrant -> clients.add(entrant.client));
        clients.forEach(TrialClient::close);
        await(BACK, () -> nodes.streams() == 0);
    }
}
