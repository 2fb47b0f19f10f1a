package dev.carillon.scope;

import dev.carillon.base.Text;
import dev.carillon.wire.WireForm;
import java.io.ByteArrayOutputStream;
import java.util.List;
import java.util.Map;

/** The form of events between nodes and in logs. */
public final class EventForms {
    static final Event EVENT = Event.to(Scope.topic("news"), Scope.user("ann"))
            .id("e1")
            .type("note")
            .data("hello")
            .key("k")
            .retain(true)
            .retryMillis(500L)
            .tags(Map.of("lang", "en"))
            .readers(List.of("ann"))
            .build();

    private EventForms() {}

    public static List<WireForm> all() {
        Position at = new Position(7, 8, 9);
        byte[] now = EventWire.encode(EVENT, at);
        ByteArrayOutputStream next = new ByteArrayOutputStream();
        next.writeBytes(now);
        next.writeBytes(field(100, "later"));
        next.writeBytes(field(127, ""));
        next.writeBytes(field(6, "group:admins"));
        ByteArrayOutputStream before = new ByteArrayOutputStream();
        before.write(EventWire.VERSION);
        before.writeBytes(field(6, "topic:news"));
        return List.of(new WireForm(
                "event", EventWire.class, now, next.toByteArray(), before.toByteArray(), EventWire::decode));
    }

    /** A field of less than 128 bytes. */
    static byte[] field(int tag, String value) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        out.write(tag);
        byte[] bytes = Text.utf8(value);
        out.write(bytes.length);
        out.writeBytes(bytes);
        return out.toByteArray();
    }
}
