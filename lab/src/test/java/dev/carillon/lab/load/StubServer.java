package dev.carillon.lab.load;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.zip.GZIPOutputStream;

/** A minimal fan-out server over SSE and WebSocket that injects delivery faults. */
final class StubServer implements AutoCloseable {
    /** Replaces the data of an event for a client. */
    interface Fault {
        Fault NONE = (client, number, data) -> List.of(data);

        /**
         * @param client number of the client, from 0
         * @param number number of the broadcast, from 1
         */
        List<String> deliver(int client, int number, String data);
    }

    private record Client(int number, String topic, boolean webSocket, OutputStream out) {}

    private static final Pattern TOPIC = Pattern.compile("topic[=:]([a-z0-9-]+)");
    private static final Pattern DATA = Pattern.compile("\"data\":\"([^\"]*)\"");
    private static final Pattern LENGTH = Pattern.compile("(?i)content-length: (\\d+)");
    private static final Pattern KEY = Pattern.compile("(?i)sec-websocket-key: (\\S+)");

    private final ServerSocket socket;
    private final Fault fault;
    private final List<Socket> sockets = new ArrayList<>();
    private final List<Client> clients = new ArrayList<>();
    private int broadcasts;

    StubServer(Fault fault) throws IOException {
        this.fault = fault;
        this.socket = new ServerSocket(0, 1_000, InetAddress.getLoopbackAddress());
        Thread.ofVirtual().start(this::accept);
    }

    InetSocketAddress address() {
        return new InetSocketAddress(InetAddress.getLoopbackAddress(), socket.getLocalPort());
    }

    private void accept() {
        try {
            while (true) {
                Socket accepted = socket.accept();
                synchronized (this) {
                    sockets.add(accepted);
                }
                Thread.ofVirtual().start(() -> serve(accepted));
            }
        } catch (IOException e) {
            // Closed.
        }
    }

    private void serve(Socket accepted) {
        try (accepted) {
            accepted.setTcpNoDelay(true);
            InputStream in = new BufferedInputStream(accepted.getInputStream());
            OutputStream out = accepted.getOutputStream();
            for (String head = head(in); !head.isEmpty(); head = head(in)) {
                if (head.startsWith("POST")) {
                    broadcast(new String(in.readNBytes(Integer.parseInt(find(LENGTH, head))), StandardCharsets.UTF_8));
                    out.write("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}".getBytes(StandardCharsets.UTF_8));
                } else {
                    open(head, out);
                }
            }
        } catch (IOException e) {
            // The client has disconnected.
        }
    }

    private static String head(InputStream in) throws IOException {
        StringBuilder head = new StringBuilder();
        for (int b = in.read(); b >= 0; b = in.read()) {
            head.append((char) b);
            if (b == '\n' && head.toString().endsWith("\r\n\r\n")) {
                return head.toString();
            }
        }
        return "";
    }

    private static String find(Pattern pattern, String text) {
        Matcher matcher = pattern.matcher(text);
        return matcher.find() ? matcher.group(1) : "";
    }

    private synchronized void open(String head, OutputStream out) throws IOException {
        boolean webSocket = head.startsWith("GET /ws");
        boolean gzip = head.contains("Accept-Encoding: gzip");
        String answer = webSocket
                ? "101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: "
                        + WebSocketOpening.accept(find(KEY, head)) + "\r\n\r\n"
                : "200 OK\r\nContent-Type: text/event-stream\r\n" + (gzip ? "Content-Encoding: gzip\r\n\r\n" : "\r\n");
        out.write(("HTTP/1.1 " + answer).getBytes(StandardCharsets.UTF_8));
        Client client =
                new Client(clients.size(), find(TOPIC, head), webSocket, gzip ? new GZIPOutputStream(out, true) : out);
        clients.add(client);
        send(client, "carillon.open", "{}");
    }

    private synchronized void broadcast(String body) throws IOException {
        broadcasts++;
        for (Client client : clients) {
            if (client.topic.equals(find(TOPIC, body))) {
                for (String data : fault.deliver(client.number, broadcasts, find(DATA, body))) {
                    send(client, "", data);
                }
            }
        }
    }

    private static void send(Client client, String type, String data) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        if (client.webSocket) {
            StreamScannerTest.frame(bytes, 0x89, "are you there");
            StreamScannerTest.frame(
                    bytes,
                    0x81,
                    "{" + (type.isEmpty() ? "" : "\"type\":\"" + type + "\",") + "\"data\":\"" + data + "\"}");
        } else {
            bytes.writeBytes(((type.isEmpty() ? "" : "event: " + type + "\n") + "data: " + data + "\n\n")
                    .getBytes(StandardCharsets.UTF_8));
        }
        client.out.write(bytes.toByteArray());
        client.out.flush();
    }

    @Override
    public synchronized void close() throws IOException {
        socket.close();
        for (Socket one : sockets) {
            one.close();
        }
    }
}
