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
                List<String> second = answer(server, "200 OK\r\nCarillon-Refused: draining\r\n\r\nretry: 2\n\n");
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
    void a_stream_without_events_is_open_unless_it_is_refused_after_its_head() throws IOException {
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
            public void refused(int client, String reason) {
                seen.add("refused " + reason);
            }

            @Override
            public void withdrawn(int client, String reason) {
                seen.add("withdrawn " + reason);
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
                try (Socket socket = server.accept()) {
                    request(socket);
                    send(socket, "HTTP/1.1 200 OK\r\n\r\n:\nretry: 1\n\n");
                    Awaitility.await().until(() -> fleet.open() == 1);
                    send(socket, "retry: 3000\n\n");
                }

                Awaitility.await().until(() -> seen.contains("withdrawn after-head"));
                assertThat(first).startsWith("GET /.well-known/mercure?topic=a HTTP/1.1");
                assertThat(seen).containsExactly("opened", "closed", "opened", "closed", "withdrawn after-head");
                assertThat(fleet.open()).isZero();
            }
        }
    }

    @Test
    void a_websocket_client_answers_pings_and_reconnects_with_the_id_of_its_last_event_in_its_address()
            throws IOException {
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
                seen.add(event.id() + " " + event.type() + " " + event.data().length());
            }

            @Override
            public void notOpened(int client, int status) {
                seen.add("not opened " + status);
            }
        };
        try (ServerSocket server = new ServerSocket(0, 10, InetAddress.getLoopbackAddress())) {
            Fleet.Client client = new Fleet.Client(
                    new InetSocketAddress(InetAddress.getLoopbackAddress(), server.getLocalPort()),
                    "/ws?topic=a",
                    List.of(),
                    false,
                    true,
                    null);
            try (Fleet fleet = Fleet.start(List.of(client), 100, observer)) {
                String large = "x".repeat(70_000);
                try (Socket socket = server.accept()) {
                    assertThat(request(socket))
                            .startsWith("GET /ws?topic=a HTTP/1.1")
                            .contains("Upgrade: websocket", "Connection: Upgrade");
                    send(
                            socket,
                            "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n",
                            frame(1, "{\"type\":\"hello\",\"protocol\":\"carillon.v1\"}"),
                            frame(1, "{\"type\":\"retry\",\"delay\":1}"),
                            frame(1, "{\"type\":\"open\",\"cursor\":\"cursor:1\"}"),
                            frame(
                                    1,
                                    "{\"type\":\"event\",\"scopes\":[\"topic:a\"],\"id\":\"a b\",\"data\":\"" + large
                                            + "\"}"),
                            frame(1, "{\"type\":\"ping\",\"id\":\"never sent\",\"cursor\":\"cursor:2\"}"),
                            frame(9, "ping"));
                    assertThat(socket.getInputStream().readNBytes(10))
                            .isEqualTo(new byte[] {(byte) 0x8a, (byte) 0x84, 0, 0, 0, 0, 'p', 'i', 'n', 'g'});
                    send(socket, frame(8, "\u0003\u00f4"));
                    try (Socket next = server.accept()) {
                        assertThat(request(next)).startsWith("GET /ws?topic=a&lastEventID=a+b HTTP/1.1");
                        send(next, "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n");
                    }
                }
                try (Socket third = server.accept()) {
                    assertThat(request(third)).startsWith("GET /ws?topic=a&lastEventID=a+b HTTP/1.1");
                }
                assertThat(fleet.open()).isZero();
                assertThat(seen)
                        .startsWith(
                                "opened",
                                "cursor:1 carillon.open 35",
                                "a b  70000",
                                " carillon.close 13",
                                "closed",
                                "not opened 503");
            }
        }
    }

    /** A frame without a mask, in Latin-1. */
    private static String frame(int opcode, String payload) {
        int length = payload.length();
        String size = length < 126
                ? "" + (char) length
                : length < 65_536
                        ? (char) 126 + "" + (char) (length >> 8) + (char) (length & 0xff)
                        : (char) 127 + "\0\0\0\0\0" + (char) (length >> 16) + (char) (length >> 8 & 0xff)
                                + (char) (length & 0xff);
        return (char) (0x80 | opcode) + size + payload;
    }

    private static void send(Socket socket, String... parts) throws IOException {
        socket.getOutputStream().write(String.join("", parts).getBytes(StandardCharsets.ISO_8859_1));
    }

    private static List<String> answer(ServerSocket server, String answer) throws IOException {
        try (Socket socket = server.accept()) {
            List<String> request = request(socket);
            socket.getOutputStream().write(("HTTP/1.1 " + answer).getBytes(StandardCharsets.UTF_8));
            return request;
        }
    }

    private static List<String> request(Socket socket) throws IOException {
        BufferedReader reader =
                new BufferedReader(new InputStreamReader(socket.getInputStream(), StandardCharsets.ISO_8859_1));
        List<String> request = new ArrayList<>();
        String line = reader.readLine();
        while (line != null && !line.isEmpty()) {
            request.add(line);
            line = reader.readLine();
        }
        return request;
    }
}
