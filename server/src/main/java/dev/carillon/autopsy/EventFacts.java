package dev.carillon.autopsy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.carillon.base.Text;
import dev.carillon.broker.Live;
import dev.carillon.scope.Event;
import dev.carillon.scope.Position;
import dev.carillon.scope.Scope;
import dev.carillon.scope.Tenant;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * An event, without its data, and its position.
 *
 * @param event without id and data
 * @param id as clients see it
 * @param bytes size of its data; {@link #UNKNOWN_SIZE}: not known any more
 * @param inLog whether the log has it
 */
record EventFacts(Event event, String id, Position at, int bytes, boolean inLog) {
    static final int UNKNOWN_SIZE = -1;

    static EventFacts of(Live live) {
        Event event = live.event();
        Event bare = new Event(
                event.tenant(),
                event.scopes(),
                null,
                event.type(),
                "",
                event.key(),
                event.isPrivate(),
                event.retain(),
                null,
                false,
                event.tags(),
                event.readers(),
                null);
        return new EventFacts(bare, live.id(), live.at(), Text.utf8Length(event.data()), true);
    }

    Tenant tenant() {
        return event.tenant();
    }

    /** Adds what operators see, which {@link #read} reads: no data and no key. */
    ObjectNode addTo(ObjectNode json) {
        json.put("id", id)
                .put("tenant", tenant().name())
                .put("epoch", at.epoch())
                .put("sequence", at.sequence());
        if (at.atMillis() > 0) {
            json.put("time", Instant.ofEpochMilli(at.atMillis()).toString());
        }
        if (event.type() != null) {
            json.put("type", event.type());
        }
        ArrayNode scopes = json.putArray("scopes");
        event.scopes().forEach(scope -> scopes.add(scope.text()));
        json.put("private", event.isPrivate()).put("retained", event.retain());
        if (!event.tags().isEmpty()) {
            ObjectNode tags = json.putObject("tags");
            event.tags().forEach(tags::put);
        }
        if (!event.readers().isEmpty()) {
            ArrayNode readers = json.putArray("readers");
            event.readers().forEach(readers::add);
        }
        if (bytes != UNKNOWN_SIZE) {
            json.put("bytes", bytes);
        }
        return json.put("in_log", inLog);
    }

    /** @throws RuntimeException for JSON that {@link #addTo} did not write */
    static EventFacts read(JsonNode json) {
        List<Scope> scopes = new ArrayList<>();
        json.path("scopes").forEach(scope -> scopes.add(Scope.parse(scope.asText())));
        SortedMap<String, String> tags = new TreeMap<>();
        json.path("tags")
                .properties()
                .forEach(tag -> tags.put(tag.getKey(), tag.getValue().asText()));
        Set<String> readers = new LinkedHashSet<>();
        json.path("readers").forEach(reader -> readers.add(reader.asText()));
        long time = json.has("time") ? Instant.parse(json.path("time").asText()).toEpochMilli() : 0;
        Event event = new Event(
                Tenant.ofToken(json.path("tenant").asText()),
                scopes,
                null,
                json.path("type").textValue(),
                "",
                null,
                json.path("private").asBoolean(),
                json.path("retained").asBoolean(),
                null,
                false,
                tags,
                readers,
                null);
        return new EventFacts(
                event,
                json.path("id").asText(),
                new Position(json.path("epoch").asLong(), json.path("sequence").asLong(), time),
                json.path("bytes").asInt(UNKNOWN_SIZE),
                json.path("in_log").asBoolean());
    }
}
