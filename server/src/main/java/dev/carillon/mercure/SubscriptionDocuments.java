package dev.carillon.mercure;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;

/**
 * Subscriptions as JSON-LD (Mercure, section "Active Subscriptions"). A collection that is larger than {@value #MAX_CHARS} characters,
 * or was so already when it was listed, ends early and says {@code "truncated": true}.
 */
final class SubscriptionDocuments {
    static final int MAX_CHARS = 8 * 1024 * 1024;

    /** About what one costs besides its names and its payload. */
    private static final int CHARS_EACH = 150;

    private static final String CONTEXT = "https://mercure.rocks/";

    private SubscriptionDocuments() {}

    /** What is told to others when a subscription starts, or ends. */
    static ObjectNode update(Subscriber subscriber, String topic, boolean active) {
        return subscription(context(), subscriber, topic, active);
    }

    /** An active one on its own. */
    static ObjectNode one(Subscriber subscriber, String topic, String lastEventId) {
        return update(subscriber, topic, true).put("lastEventID", lastEventId);
    }

    /** All that are active, or those of one topic. */
    static ObjectNode collection(SubscriptionPath path, Listing listing, String lastEventId) {
        ObjectNode json = context().put("id", path.text()).put("type", "Subscriptions");
        json.put("lastEventID", lastEventId);
        boolean whole = addAll(json.putArray("subscriptions"), path, listing.subscribers());
        if (!whole || listing.truncated()) {
            json.put("truncated", true);
        }
        return json;
    }

    private static boolean addAll(ArrayNode array, SubscriptionPath path, List<Subscriber> subscribers) {
        long chars = 0;
        for (Subscriber subscriber : subscribers) {
            JsonNode payload = subscriber.payload();
            int own = CHARS_EACH + (payload == null ? 0 : payload.toString().length());
            for (String topic : subscriber.topics()) {
                if (path instanceof SubscriptionPath.OfTopic(String wanted) && !wanted.equals(topic)) {
                    continue;
                }
                ObjectNode json = subscription(JsonNodeFactory.instance.objectNode(), subscriber, topic, true);
                chars += own + topic.length() + json.get("id").textValue().length();
                if (chars > MAX_CHARS) {
                    return false;
                }
                array.add(json);
            }
        }
        return true;
    }

    private static ObjectNode subscription(ObjectNode json, Subscriber subscriber, String topic, boolean active) {
        json.put("id", new SubscriptionPath.One(topic, subscriber.id()).text())
                .put("type", "Subscription")
                .put("subscriber", subscriber.id())
                .put("topic", topic)
                .put("active", active);
        if (subscriber.payload() != null) {
            json.set("payload", subscriber.payload());
        }
        return json;
    }

    private static ObjectNode context() {
        return JsonNodeFactory.instance.objectNode().put("@context", CONTEXT);
    }
}
