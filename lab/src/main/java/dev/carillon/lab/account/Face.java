package dev.carillon.lab.account;

import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** By which protocol a run broadcasts, and its clients listen. */
public enum Face {
    /** The project's own: JSON to {@code /broadcast}; scopes as in {@code topic:news}. */
    EVENTS("events", "/broadcast", "application/json") {
        @Override
        String body(Lane lane, String id, String data) {
            return "{\"scopes\":["
                    + lane.scopes().stream().map(s -> "\"" + s + "\"").collect(Collectors.joining(","))
                    + "],\"type\":\"" + Ledger.TYPE + "\",\"id\":\"" + id + "\",\"data\":\"" + data + "\",\"private\":"
                    + lane.restricted() + "}";
        }
    },
    /** The Mercure protocol: a form to the hub; scopes are the topics of an update. */
    MERCURE("mercure", "/.well-known/mercure", "application/x-www-form-urlencoded") {
        @Override
        String body(Lane lane, String id, String data) {
            Stream<String> topics = lane.scopes().stream().map(topic -> field("topic", topic));
            Stream<String> rest = Stream.of(field("type", Ledger.TYPE), field("id", id), field("data", data));
            // By its presence, whatever the value.
            Stream<String> restricted = lane.restricted() ? Stream.of(field("private", "")) : Stream.of();
            return Stream.of(topics, rest, restricted).flatMap(fields -> fields).collect(Collectors.joining("&"));
        }
    };

    private final String text;
    private final String path;
    private final String contentType;

    Face(String text, String path, String contentType) {
        this.text = text;
        this.path = path;
        this.contentType = contentType;
    }

    public String text() {
        return text;
    }

    /** The target of a request for a stream of the hub. */
    public static String subscription(List<String> selectors) {
        return MERCURE.path
                + selectors.stream()
                        .map(selector -> field("topic", selector))
                        .collect(Collectors.joining("&", "?", ""));
    }

    /** Where events are broadcast. */
    String path() {
        return path;
    }

    String contentType() {
        return contentType;
    }

    abstract String body(Lane lane, String id, String data);

    private static String field(String name, String value) {
        return name + "=" + URLEncoder.encode(value, StandardCharsets.UTF_8);
    }
}
