package dev.carillon.client;

import java.time.Duration;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * An event for the clients in its scopes. Immutable: each method returns a copy. The node checks the rules of docs/application.md and names the member
 * that breaks one.
 */
public final class Broadcast {
    /** Names of members with their JSON text. */
    private final Map<String, String> members;

    private final Optional<String> id;

    private Broadcast(Map<String, String> members, Optional<String> id) {
        this.members = members;
        this.id = id;
    }

    /**
     * A broadcast with empty data.
     *
     * @param scopes 1 to 100 scopes, such as {@code topic:orders} or {@code user:ann}
     */
    public static Broadcast to(String... scopes) {
        return new Broadcast(Map.of(), Optional.empty())
                .with("scopes", Json.array(Arrays.asList(scopes)))
                .data("");
    }

    /** Text of at most 256 KiB of UTF-8. */
    public Broadcast data(String text) {
        return with("data", Json.string(text));
    }

    /**
     * A JSON value of at most 256 KiB, such as an object.
     *
     * @throws IllegalArgumentException it is not one JSON value, or nested more than 100 levels deep; names the position, from 0
     */
    public Broadcast json(String value) {
        return with("data", Json.checked(value));
    }

    /** The type for {@code addEventListener}. */
    public Broadcast type(String type) {
        return with("type", Json.string(type));
    }

    /** The id of the event. Without it a key of the request makes repeats harmless, and the event gets a generated id. */
    public Broadcast id(String newId) {
        return new Broadcast(with("id", Json.string(newId)).members, Optional.of(newId));
    }

    /** The key by which the policy {@code latest} replaces events. */
    public Broadcast key(String key) {
        return with("key", Json.string(key));
    }

    /** Only clients whose token grants reading one of the scopes receive the event. */
    public Broadcast onlyForReaders() {
        return with("private", "true");
    }

    /** Only these users receive the event; 1 to 10,000. */
    public Broadcast readers(List<String> users) {
        return with("readers", Json.array(users));
    }

    /** Names and values by which clients filter; at most 20. */
    public Broadcast tags(Map<String, String> tags) {
        return with(
                "tags",
                Json.object(tags.entrySet().stream()
                        .collect(Collectors.toMap(Map.Entry::getKey, tag -> Json.string(tag.getValue())))));
    }

    /** The event is kept for clients that join later; with empty data it clears the one that is kept. */
    public Broadcast retained() {
        return with("retain", "true");
    }

    /** After which clients should reconnect, from 100 ms to 60 s. */
    public Broadcast retry(Duration delay) {
        return with("retry", Long.toString(delay.toMillis()));
    }

    private Broadcast with(String member, String json) {
        Map<String, String> next = new LinkedHashMap<>(members);
        next.put(member, json);
        return new Broadcast(next, id);
    }

    boolean hasId() {
        return id.isPresent();
    }

    String toJson() {
        return Json.object(members);
    }
}
