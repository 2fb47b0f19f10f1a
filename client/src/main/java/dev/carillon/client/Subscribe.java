package dev.carillon.client;

import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** What to subscribe to. Immutable: each method returns a copy. */
public final class Subscribe {
    private record Parameter(String name, String value) {
        String encoded() {
            return name + "=" + URLEncoder.encode(value, StandardCharsets.UTF_8);
        }
    }

    private final List<Parameter> parameters;
    private final String after;

    private Subscribe(List<Parameter> parameters, String after) {
        this.parameters = parameters;
        this.after = after;
    }

    /** At most 1,000 topics. */
    public static Subscribe topics(String... topics) {
        return new Subscribe(
                Stream.of(topics).map(topic -> new Parameter("topic", topic)).toList(), "");
    }

    /** The events of a route. */
    public Subscribe route(String path) {
        return with("route", path);
    }

    /** Only events with these tags, such as {@code region:eu}; at most 10. */
    public Subscribe filter(String filter) {
        return with("filter", filter);
    }

    /** A name for operators, of 1 to 64 characters. */
    public Subscribe label(String label) {
        return with("label", label);
    }

    /** An event id or a cursor after which the subscription begins. */
    public Subscribe after(String position) {
        return new Subscribe(parameters, position);
    }

    private Subscribe with(String name, String value) {
        return new Subscribe(
                Stream.concat(parameters.stream(), Stream.of(new Parameter(name, value)))
                        .toList(),
                after);
    }

    String position() {
        return after;
    }

    /** @param position empty: none */
    String query(String position) {
        return with("ping", "true").parameters(position);
    }

    /** As {@link #query}, without pings, which a WebSocket has always. */
    String parameters(String position) {
        Stream<Parameter> more =
                position.isEmpty() ? Stream.empty() : Stream.of(new Parameter("lastEventID", position));
        return Stream.concat(parameters.stream(), more).map(Parameter::encoded).collect(Collectors.joining("&"));
    }
}
