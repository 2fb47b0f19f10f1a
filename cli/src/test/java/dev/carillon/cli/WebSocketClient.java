package dev.carillon.cli;

import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** A WebSocket client of another project: it executes commands, and reports what it receives. Its connections follow one another. */
interface WebSocketClient extends AutoCloseable {
    /** What it reports, in its order. */
    sealed interface Report {
        /**
         * A connection is open.
         *
         * @param protocol the agreed subprotocol; empty: none
         * @param extensions the agreed extensions, as the client names them
         */
        record Opened(String protocol, String extensions) implements Report {}

        record Message(String text) implements Report {}

        record Pong() implements Report {}

        record Closed(int code, String reason) implements Report {}

        /** A line of the programs below {@code src/test/clients}. */
        static Report of(String line) {
            String[] fields = line.split("\t", -1);
            return switch (fields[0]) {
                case "open" -> new Opened(fields[1], fields[2]);
                case "message" -> new Message(fields[1]);
                case "pong" -> new Pong();
                case "closed" -> new Closed(Integer.parseInt(fields[1]), fields.length > 2 ? fields[2] : "");
                default -> throw new IllegalArgumentException(line);
            };
        }
    }

    /** @param origin of the page, if it has one; with it the cookies are sent, as a browser does */
    record Opening(
            String url, List<String> protocols, @Nullable String origin, Map<String, String> cookies) {
        void headers(Consumer<Map.Entry<String, String>> to) {
            if (origin != null) {
                to.accept(Map.entry("Origin", origin));
            }
            cookies.forEach((name, value) -> to.accept(Map.entry("Cookie", name + "=" + value)));
        }
    }

    void connect(Opening opening);

    void send(String text);

    void ping();

    /** Closes with code 1000. */
    void leave();

    /** All so far. */
    List<Report> reports();

    /** For the message of a failure. */
    String complaints();

    @Override
    void close();
}
