package dev.carillon.lab.account;

import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** The HTTP API by which a run broadcasts and its clients subscribe. */
public enum EventApi {
    /** Carillon's own API: JSON to {@code /broadcast}; scopes as in {@code topic:news}. */
    EVENTS("events", "/broadcast", "application/json") {
        @Override
        String body(EventSequence sequence, String id, String data) {
            return "{\"scopes\":["
                    + sequence.scopes().stream().map(s -> "\"" + s + "\"").collect(Collectors.joining(","))
                    + "],\"type\":\"" + Ledger.TYPE + "\",\"id\":\"" + id + "\",\"data\":\"" + data + "\",\"private\":"
                    + sequence.restricted() + "}";
        }
    },
    /** As {@link #EVENTS}, but clients subscribe by WebSocket. */
    WEBSOCKET("websocket", "/broadcast", "application/json") {
        @Override
        String body(EventSequence sequence, String id, String data) {
            return EVENTS.body(sequence, id, data);
        }
    },
    /** The Mercure protocol: a form to the hub; the scopes are the topics of an update. */
    MERCURE("mercure", "/.well-known/mercure", "application/x-www-form-urlencoded") {
        @Override
        String body(EventSequence sequence, String id, String data) {
            Stream<String> topics = sequence.scopes().stream().map(topic -> field("topic", topic));
            Stream<String> fixed = Stream.of(field("type", Ledger.TYPE), field("id", id), field("data", data));
            // The update is private if the field is present, whatever its value.
            Stream<String> restricted = sequence.restricted() ? Stream.of(field("private", "")) : Stream.of();
            return Stream.of(topics, fixed, restricted)
                    .flatMap(fields -> fields)
                    .collect(Collectors.joining("&"));
        }
    };

    private final String label;
    private final String path;
    private final String contentType;

    EventApi(String label, String path, String contentType) {
        this.label = label;
        this.path = path;
        this.contentType = contentType;
    }

    public String label() {
        return label;
    }

    /** Request target of a stream of the hub. */
    public static String subscription(List<String> selectors) {
        return MERCURE.path
                + selectors.stream()
                        .map(selector -> field("topic", selector))
                        .collect(Collectors.joining("&", "?", ""));
    }

    /** Path of broadcast requests. */
    String path() {
        return path;
    }

    String contentType() {
        return contentType;
    }

    abstract String body(EventSequence sequence, String id, String data);

    private static String field(String name, String value) {
        return name + "=" + URLEncoder.encode(value, StandardCharsets.UTF_8);
    }
}
