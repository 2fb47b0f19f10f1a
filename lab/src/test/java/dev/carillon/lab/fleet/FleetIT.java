package dev.carillon.lab.fleet;

import static org.assertj.core.api.Assertions.assertThat;

import dev.carillon.lab.account.EventApi;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

/** Reconnects of one client to a server that ends each stream. */
class FleetIT {
    @Test
    void a_client_reconnects_after_the_retry_delay_with_its_cookies_and_the_id_of_its_last_event() throws IOException {
        ConcurrentLinkedQueue<String> seen = new ConcurrentLinkedQueue<>();
        FleetObserver observer = new FleetObserver() {
            @Override
            public void opened(int client, long nanos) {
                seen.add("opened");
            }

            @Override
            public void closed(int client, long nanos) {
                seen.add("closed");
            }

            @Override
            public void event(int client, StreamEvent event, long nanos) {
                seen.add(event.data());
            }

            @Override
            public void refusedForGood(int client, int status) {
                seen.add("refused " + status);
            }
        };
        try (ServerSocket server = new ServerSocket(0, 10, InetAddress.getLoopbackAddress())) {
            Fleet.Plan plan = new Fleet.Plan(
                    1,
                    List.of(new InetSocketAddress(InetAddress.getLoopbackAddress(), server.getLocalPort())),
                    "/events?topic=a",
                    100);
            try (Fleet fleet = Fleet.start(plan, observer)) {
                List<String> first = answer(
                        server,
                        "200 OK\r\nSet-Cookie: session=s1; Path=/\r\n\r\nretry: 1\n\nid: 41\ndata: one\n\nid: 42\ndata: two\n\n");
                // A temporary refusal has no event, so that no stream was open.
                List<String> second = answer(server, "200 OK\r\n\r\nretry: 2\n\n");
                List<String> third = answer(server, "503 Service Unavailable\r\n\r\n");

                Awaitility.await().until(() -> seen.contains("refused 503"));
                assertThat(first).startsWith("GET /events?topic=a HTTP/1.1").noneMatch(l -> l.startsWith("Cookie"));
                assertThat(second).contains("Cookie: session=s1", "Last-Event-ID: 42");
                assertThat(third).contains("Cookie: session=s1", "Last-Event-ID: 42");
                assertThat(seen).containsExactly("opened", "one", "two", "closed", "refused 503");
                assertThat(fleet.open()).isZero();
            }
        }
    }

    @Test
    void a_stream_without_events_is_open_after_a_comment_unless_a_retry_field_follows() throws IOException {
        ConcurrentLinkedQueue<String> seen = new ConcurrentLinkedQueue<>();
        FleetObserver observer = new FleetObserver() {
            @Override
            public void opened(int client, long nanos) {
                seen.add("opened");
            }

            @Override
            public void closed(int client, long nanos) {
                seen.add("closed");
            }

            @Override
            public void refusedForGood(int client, int status) {
                seen.add("refused " + status);
            }
        };
        try (ServerSocket server = new ServerSocket(0, 10, InetAddress.getLoopbackAddress())) {
            Fleet.Plan plan = new Fleet.Plan(
                    1,
                    List.of(new InetSocketAddress(InetAddress.getLoopbackAddress(), server.getLocalPort())),
                    EventApi.subscription(List.of("a")),
                    100);
            try (Fleet fleet = Fleet.start(plan, observer)) {
                List<String> first = answer(server, "200 OK\r\n\r\n:\nretry: 1\n\n");
                answer(server, "200 OK\r\n\r\n:\n");
                answer(server, "503 Service Unavailable\r\n\r\n");

                Awaitility.await().until(() -> seen.contains("refused 503"));
                assertThat(first).startsWith("GET /.well-known/mercure?topic=a HTTP/1.1");
                assertThat(seen).containsExactly("opened", "closed", "refused 503");
                assertThat(fleet.open()).isZero();
            }
        }
    }

    private static List<String> answer(ServerSocket server, String answer) throws IOException {
        try (Socket socket = server.accept()) {
            BufferedReader reader =
                    new BufferedReader(new InputStreamReader(socket.getInputStream(), StandardCharsets.ISO_8859_1));
            List<String> request = new ArrayList<>();
            String line = reader.readLine();
            while (line != null && !line.isEmpty()) {
                request.add(line);
                line = reader.readLine();
            }
            socket.getOutputStream().write(("HTTP/1.1 " + answer).getBytes(StandardCharsets.UTF_8));
            return request;
        }
    }
}
