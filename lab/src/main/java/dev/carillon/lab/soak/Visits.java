package dev.carillon.lab.soak;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;

/** Clients that come once and leave when their response has begun, each kind in turn. */
final class Visits {
    /** Presence begins and ends in this many rooms. */
    private static final int ROOMS = 50;

    private static final int TIMEOUT_MILLIS = 10_000;

    private final int port;
    private final Function<String, String> userToken;
    private final Revoker revoker;

    /** Revokes a token. */
    interface Revoker {
        void revoke(String tokenId) throws IOException, InterruptedException;
    }

    /** The kinds of visits. */
    private enum Kind {
        /** An event stream of a topic that no client had before. */
        NEW_TOPIC,
        /** A WebSocket that sends no token. */
        NO_TOKEN,
        /** A user of its own, alone in a room. */
        ROOM,
        /** A ticket that the application is asked about. */
        TICKET,
        /** A ticket that is revoked while its stream is open. */
        REVOKED
    }

    /** @param userToken makes the token of a user */
    Visits(int port, Function<String, String> userToken, Revoker revoker) {
        this.port = port;
        this.userToken = userToken;
        this.revoker = revoker;
    }

    /** Whether the visit was answered as expected. */
    boolean visit(long number) throws IOException, InterruptedException {
        Kind[] kinds = Kind.values();
        Kind kind = kinds[(int) (number % kinds.length)];
        String ticket = SoakApplication.TICKET + "visitor-" + number;
        return switch (kind) {
            case NEW_TOPIC -> stream("/events?topic=soak-" + number, userToken.apply("visitor"), false, number);
            case NO_TOKEN ->
                begins(List.of(
                        "GET /ws HTTP/1.1",
                        "Connection: Upgrade",
                        "Upgrade: websocket",
                        "Sec-WebSocket-Version: 13",
                        "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA=="));
            case ROOM ->
                stream(
                        "/events?topic=soak-room/" + number % ROOMS,
                        userToken.apply("visitor-" + number),
                        false,
                        number);
            case TICKET -> stream("/events?topic=soak", ticket, false, number);
            case REVOKED -> stream("/events?topic=soak", ticket, true, number);
        };
    }

    private boolean begins(List<String> head) throws IOException {
        try (Socket socket = open(head)) {
            return socket.getInputStream().read() >= 0;
        }
    }

    private boolean stream(String target, String token, boolean revoked, long number)
            throws IOException, InterruptedException {
        try (Socket socket = open(List.of("GET " + target + " HTTP/1.1", "Authorization: Bearer " + token))) {
            InputStream input = socket.getInputStream();
            boolean begun = input.read() >= 0;
            if (revoked) {
                revoker.revoke(SoakApplication.TICKET + "visitor-" + number);
                // Until the node closes it, which the time limit of the socket bounds.
                input.transferTo(OutputStream.nullOutputStream());
            }
            return begun;
        }
    }

    private Socket open(List<String> head) throws IOException {
        List<String> lines = new ArrayList<>(head);
        lines.add("Host: 127.0.0.1");
        Socket socket = new Socket(InetAddress.getLoopbackAddress(), port);
        try {
            socket.setSoTimeout(TIMEOUT_MILLIS);
            socket.getOutputStream()
                    .write((String.join("\r\n", lines) + "\r\n\r\n").getBytes(StandardCharsets.US_ASCII));
            return socket;
        } catch (IOException e) {
            socket.close();
            throw e;
        }
    }
}
