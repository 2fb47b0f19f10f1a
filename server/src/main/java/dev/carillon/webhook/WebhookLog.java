package dev.carillon.webhook;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.carillon.base.Text;
import dev.carillon.broker.Channel;
import dev.carillon.broker.Idempotency;
import dev.carillon.broker.Live;
import dev.carillon.presence.Change;
import dev.carillon.presence.ChangeLog;
import dev.carillon.scope.Event;
import dev.carillon.scope.Scope;
import dev.carillon.scope.Tenant;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletionStage;

/** Changes in the side log of webhooks, which all tenants share. They stay there until they are delivered, within the bounds of that log. */
public final class WebhookLog implements ChangeLog {
    private static final JsonMapper JSON = new JsonMapper();
    private static final Scope CHANGES = Scope.topic("changes");

    private final Channel channel;

    public WebhookLog(Channel channel) {
        this.channel = channel;
    }

    @Override
    public CompletionStage<Void> append(Change change, String key) {
        ObjectNode json = JSON.createObjectNode()
                // Not the id of the event: a change that is repeated after the broker has forgotten its key is another
                // event.
                .put("id", "urn:uuid:" + UUID.nameUUIDFromBytes(Text.utf8(key)))
                .put("type", change.kind().text())
                .put("tenant", change.tenant().name())
                .put("scope", change.scope().text());
        if (change.user() != null) {
            json.put("user", change.user());
        }
        String data = change.data();
        if (data != null) {
            json.set("data", parsed(data));
        }
        Event event =
                Event.to(CHANGES).tenant(Tenant.WEBHOOKS).data(json.toString()).build();
        return channel.broadcast(event, Idempotency.key(key)).thenAccept(appended -> {});
    }

    private static JsonNode parsed(String data) {
        try {
            return JSON.readTree(data);
        } catch (JsonProcessingException e) {
            return JSON.getNodeFactory().textNode(data);
        }
    }

    /** The body of a request with these changes. */
    static String body(List<Live> changes) {
        ObjectNode json = JSON.createObjectNode();
        ArrayNode array = json.putArray("events");
        for (Live live : changes) {
            if (parsed(live.event().data()) instanceof ObjectNode change) {
                ObjectNode each = array.addObject();
                each.put("id", live.id()).put("time", live.at().atMillis());
                each.setAll(change);
            }
        }
        return json.toString();
    }
}
