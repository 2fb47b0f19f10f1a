package dev.carillon.dist;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.carillon.lab.account.Broadcaster;
import dev.carillon.lab.account.EventApi;
import dev.carillon.lab.account.EventSequence;
import dev.carillon.lab.account.Ledger;
import dev.carillon.lab.account.Subscriber;
import dev.carillon.lab.account.Verdict;
import dev.carillon.lab.fleet.Fleet;
import dev.carillon.lab.fleet.FleetObserver;
import dev.carillon.lab.fleet.StreamEvent;
import dev.carillon.testkit.Patience;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Clients of a cluster by its proxy, with an account of every event that each must receive, and requests of which none may fail. Also keeps the session of
 * each client: a second one would mean that the client was logged out.
 */
final class Load implements AutoCloseable {
    private static final Pattern SESSION = Pattern.compile("\"session\":\"([^\"]*)\"");
    private static final Duration REQUEST_LIMIT = Duration.ofSeconds(30);

    private static final Duration RESPONSE_TIMEOUT = Duration.ofSeconds(3);

    private final URI proxy;
    private final int clients;
    private final String token;
    private final EventSequence sequence;
    private final Ledger ledger;
    private final Fleet fleet;
    private final Broadcaster broadcaster;
    private final Map<Integer, Set<String>> sessions = new ConcurrentHashMap<>();
    private final AtomicInteger reconnects = new AtomicInteger();
    private final AtomicInteger requests = new AtomicInteger();
    private final List<String> failures = new ArrayList<>();
    private final List<Thread> threads = new ArrayList<>();
    private volatile boolean ended;

    /** Returns when every client has received an event: only then it can resume. */
    Load(String run, InetSocketAddress address, int clients, String token) {
        this.proxy = URI.create("http://" + address.getHostString() + ":" + address.getPort());
        this.clients = clients;
        this.token = token;
        // Of its own: another load can run at the same time.
        String topic = "topic:" + run;
        sequence = new EventSequence(0, "default", List.of(topic), false);
        List<Subscriber> subscribers = new ArrayList<>();
        List<Fleet.Client> plan = new ArrayList<>();
        for (int i = 0; i < clients; i++) {
            subscribers.add(new Subscriber("default", Set.of(topic), Set.of()));
            plan.add(new Fleet.Client(
                    address, "/events?" + topic.replace(':', '='), List.of("Authorization: Bearer " + token), false));
        }
        ledger = new Ledger(run, List.of(sequence), subscribers);
        broadcaster = new Broadcaster(EventApi.EVENTS, ledger, List.of(proxy), tenant -> token, RESPONSE_TIMEOUT);
        fleet = Fleet.start(plan, 200, FleetObserver.both(ledger, new Sessions()));
        await().until(() -> fleet.open() == clients);
        broadcast();
        threads.add(Thread.ofVirtual().name("broadcasts").start(() -> {
            while (!ended) {
                broadcast();
                LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(100));
            }
        }));
        threads.add(Thread.ofVirtual().name("requests").start(this::request));
    }

    private final class Sessions implements FleetObserver {
        @Override
        public void event(int client, StreamEvent event, long nanos) {
            Matcher session = SESSION.matcher(event.data());
            if (event.type().equals("carillon.open") && session.find()) {
                sessions.computeIfAbsent(client, number -> ConcurrentHashMap.newKeySet())
                        .add(session.group(1));
            }
        }

        @Override
        public void closed(int client, long nanos) {
            reconnects.incrementAndGet();
        }
    }

    private void broadcast() {
        boolean _ = broadcaster.broadcast(sequence, Patience.LIMIT);
    }

    /** Requests that are not tried again: each must be answered 200. */
    private void request() {
        try (HttpClient http =
                HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build()) {
            while (!ended) {
                int number = requests.incrementAndGet();
                HttpRequest request = HttpRequest.newBuilder(proxy.resolve("/broadcast"))
                        .timeout(REQUEST_LIMIT)
                        .header("Authorization", "Bearer " + token)
                        .header("Content-Type", "application/json")
                        .POST(HttpRequest.BodyPublishers.ofString(
                                "{\"scope\":\"topic:requests\",\"data\":\"%d\"}".formatted(number)))
                        .build();
                try {
                    HttpResponse<String> response = http.send(request, HttpResponse.BodyHandlers.ofString());
                    if (response.statusCode() != 200) {
                        failed(number + ": " + response.statusCode() + " " + response.body());
                    }
                } catch (IOException e) {
                    failed(number + ": " + e);
                }
                LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(50));
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private synchronized void failed(String failure) {
        failures.add(failure);
    }

    /** Requests that failed. */
    synchronized List<String> failures() {
        return List.copyOf(failures);
    }

    /** Streams that ended so far. */
    int reconnects() {
        return reconnects.get();
    }

    /** Ends the broadcasts, and returns when every client has received the last event; prints the account. */
    Verdict end(String what) throws InterruptedException {
        ended = true;
        for (Thread thread : threads) {
            thread.join();
        }
        await().untilAsserted(() -> assertThat(ledger.describeIncomplete()).isEmpty());
        Verdict verdict = Verdict.of(ledger);
        System.out.printf(
                "%s: %d clients, %d events, %d deliveries, %d reconnects; lost %d, twice %d, out of order %d, unsignalled %d, gaps %d, refused %d; requests %d, failed %d; clients with a second session %d%n",
                what,
                clients,
                verdict.broadcast(),
                verdict.delivered(),
                verdict.reconnects(),
                verdict.lost(),
                verdict.duplicates(),
                verdict.reordered(),
                verdict.unsignalled(),
                verdict.gaps(),
                verdict.unexpected(),
                requests.get(),
                failures().size(),
                loggedOut());
        return verdict;
    }

    /** Number of clients that had more than one session. */
    long loggedOut() {
        return sessions.values().stream().filter(own -> own.size() > 1).count();
    }

    /** As {@link #end}; nothing may be missing, no request may have failed, no client may have been logged out. */
    void endWell(String what) throws InterruptedException {
        Verdict verdict = end(what);
        assertThat(verdict.findings()).isEmpty();
        assertThat(verdict.clean()).isTrue();
        assertThat(verdict.gaps()).isZero();
        assertThat(verdict.givenUp()).isZero();
        assertThat(failures()).isEmpty();
        assertThat(sessions).hasSize(clients);
        assertThat(loggedOut()).isZero();
    }

    @Override
    public void close() {
        ended = true;
        fleet.close();
        broadcaster.close();
    }
}
