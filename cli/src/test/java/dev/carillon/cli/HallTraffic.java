package dev.carillon.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.carillon.lab.fleet.Fleet;
import dev.carillon.node.TestCluster;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;

/** A hall of phones that listen at one address, and a broadcaster of events with rising numbers at another. */
final class HallTraffic implements AutoCloseable {
    private static final int CONNECTS_PER_SECOND = 500;
    private static final int FIRST_NUMBERS = 10;

    private final int phones;
    private final URI target;
    private final String token;
    private final HttpClient http = HttpClient.newHttpClient();
    private final HallObserver observer;
    private final Fleet fleet;
    private final AtomicInteger numbers = new AtomicInteger();
    private final AtomicReference<@Nullable Object> failed = new AtomicReference<>();
    private final ScheduledExecutorService clock = Executors.newSingleThreadScheduledExecutor();

    private HallTraffic(int phones, int port, URI broadcastTo, String token) {
        this.phones = phones;
        this.target = broadcastTo.resolve("/broadcast");
        this.token = token;
        this.observer = new HallObserver(phones);
        this.fleet = Fleet.start(
                new Fleet.Plan(
                        phones,
                        List.of(new InetSocketAddress(InetAddress.getLoopbackAddress(), port)),
                        "/events?route=/hall",
                        CONNECTS_PER_SECOND),
                observer);
    }

    /** As below, with broadcasts at the same port, and the token of a test cluster. */
    static HallTraffic start(int phones, int port, Duration interval) {
        return start(phones, port, URI.create("http://127.0.0.1:" + port), TestCluster.token(), interval);
    }

    /** Returns when each phone has received some events. */
    static HallTraffic start(int phones, int port, URI broadcastTo, String token, Duration interval) {
        HallTraffic traffic = new HallTraffic(phones, port, broadcastTo, token);
        await(() -> traffic.fleet.open() == phones);
        var _ = traffic.clock.scheduleAtFixedRate(
                () -> traffic.broadcast(traffic.numbers.incrementAndGet()),
                0,
                interval.toMillis(),
                TimeUnit.MILLISECONDS);
        await(() -> traffic.observer.minLastNumber() >= FIRST_NUMBERS);
        return traffic;
    }

    HallObserver observer() {
        return observer;
    }

    /** Phones with an open stream. */
    int open() {
        return fleet.open();
    }

    /** Waits until each phone has a stream and has received an event that was broadcast since. */
    void awaitAll() {
        await(() -> fleet.open() == phones);
        int last = numbers.get();
        await(() -> observer.minLastNumber() > last);
    }

    /** Every phone received every event once and in order, and every request was answered. */
    void assertUndisturbed() {
        System.out.println(observer.summary());
        assertThat(failed.get()).isNull();
        assertThat(observer.refusedForGood()).isZero();
        assertThat(observer.outOfOrder()).isZero();
        assertThat(observer.missed()).isZero();
    }

    private void broadcast(int number) {
        try {
            HttpResponse<String> response = http.send(
                    HttpRequest.newBuilder(target)
                            .header("Authorization", "Bearer " + token)
                            .header("Content-Type", "application/json")
                            .POST(HttpRequest.BodyPublishers.ofString(
                                    "{\"scope\":\"route:/hall\",\"type\":\"tick\",\"data\":\"" + number + "\"}"))
                            .build(),
                    HttpResponse.BodyHandlers.ofString());
            if (response.statusCode() != 200) {
                failed.compareAndSet(null, response.statusCode() + " " + response.body());
            }
        } catch (IOException e) {
            failed.compareAndSet(null, e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static void await(Callable<Boolean> condition) {
        Awaitility.await().pollInterval(Duration.ofMillis(20)).until(condition);
    }

    @Override
    public void close() {
        clock.shutdownNow();
        fleet.close();
        http.shutdownNow();
    }
}
