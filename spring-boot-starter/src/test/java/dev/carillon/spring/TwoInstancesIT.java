package dev.carillon.spring;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.carillon.client.Broadcast;
import dev.carillon.client.CarillonClient;
import dev.carillon.junit.CarillonNode;
import dev.carillon.node.TestCluster;
import dev.carillon.process.ChildProcess;
import dev.carillon.process.ServerProcess;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.boot.web.server.context.WebServerApplicationContext;

/** Two instances of an application behind HAProxy, which sends each request to the next one; and a cluster of two nodes. */
@Tag("full")
@Tag("haproxy")
@Tag("process")
class TwoInstancesIT {
    private static final int PAGES = 60;
    private static final int EVENTS = 3_000;

    @RegisterExtension
    static final CarillonNode CARILLON = CarillonNode.inMemory()
            .nodes(2)
            .set("requests-per-address", "100000")
            .build();

    @TempDir
    Path home;

    private final List<ReconnectingPage> pages = new ArrayList<>();

    @AfterEach
    void close() {
        pages.forEach(ReconnectingPage::close);
    }

    private static Shop start(int port) {
        Shop shop = Shop.start(CARILLON, port);
        await().until(() -> shop.emitters().isConnected());
        return shop;
    }

    private ChildProcess proxy(int port, int first, int second) throws IOException {
        Files.writeString(home.resolve("haproxy.cfg"), """
                defaults
                  mode http
                  timeout connect 2s
                  timeout client 60s
                  timeout server 60s
                  timeout check 1s
                  option redispatch
                  retries 3
                listen shop
                  bind 127.0.0.1:%d
                  balance roundrobin
                  server a 127.0.0.1:%d check inter 200ms
                  server b 127.0.0.1:%d check inter 200ms
                """.formatted(port, first, second));
        return ChildProcess.of(haproxy(), "-db", "-f", "haproxy.cfg")
                .directory(home)
                .merged()
                .start();
    }

    private static String haproxy() {
        return Objects.requireNonNullElse(System.getenv("HAPROXY"), "/usr/sbin/haproxy");
    }

    @Test
    void every_page_receives_every_event_once_and_in_order_while_the_instances_are_restarted() throws Exception {
        int first = ServerProcess.freePort();
        int second = ServerProcess.freePort();
        int port = ServerProcess.freePort();
        AtomicInteger broadcast = new AtomicInteger();
        Shop one = start(first);
        Shop two = start(second);
        try (ChildProcess _ = proxy(port, first, second);
                CarillonClient client = CarillonClient.builder(CARILLON.url())
                        .token(() -> CARILLON.token().broadcast("*").build())
                        .build()) {
            await().ignoreExceptions().until(() -> isServing(port));
            for (int i = 0; i < PAGES; i++) {
                pages.add(new ReconnectingPage(port, "/orders/7/events"));
            }
            await().until(() -> pages.stream().allMatch(page -> page.streams() == 1));
            assertThat(one.emitters().emitters()).isPositive();
            assertThat(two.emitters().emitters()).isPositive();
            Thread broadcaster = Thread.ofVirtual().start(() -> {
                for (int i = 1; i <= EVENTS; i++) {
                    try {
                        client.broadcast(Broadcast.to("topic:orders/7").data("" + i));
                        client.broadcast(Broadcast.to("topic:orders/8").data("of another order"));
                        broadcast.set(i);
                    } catch (InterruptedException e) {
                        return;
                    }
                }
            });

            await().until(() -> broadcast.get() > EVENTS / 4);
            one.close();
            Shop restarted = start(first);
            await().until(() -> broadcast.get() > EVENTS / 2);
            // Without a farewell, as when a process dies.
            Objects.requireNonNull(((WebServerApplicationContext) two.context()).getWebServer())
                    .stop();
            two.close();
            Shop restartedToo = start(second);
            broadcaster.join();

            List<String> expected =
                    IntStream.rangeClosed(1, EVENTS).mapToObj(Integer::toString).toList();
            for (ReconnectingPage page : pages) {
                await().until(() -> page.received() >= EVENTS);
                assertThat(page.data()).as("%s", page.notices()).isEqualTo(expected);
            }
            client.broadcast(Broadcast.to("topic:orders/7").data("last"));
            for (ReconnectingPage page : pages) {
                await().until(() -> page.data().getLast().equals("last"));
                assertThat(page.received()).isEqualTo(EVENTS + 1);
            }
            // The pages of each instance came back, some of them twice.
            assertThat(pages.stream().mapToInt(ReconnectingPage::streams).sum()).isGreaterThanOrEqualTo(2 * PAGES);
            restarted.close();
            restartedToo.close();
        }
    }

    private static boolean isServing(int port) {
        return TestCluster.get(port, "/actuator/health").statusCode() == 200;
    }
}
