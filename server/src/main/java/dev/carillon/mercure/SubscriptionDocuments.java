package dev.carillon.mercure;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.carillon.subscriptions.Subscriber;
import dev.carillon.subscriptions.SubscriberList;
import java.util.List;

/**
 * Writes subscriptions as JSON-LD (Mercure, section "Active Subscriptions"). A collection of more than {@value #MAX_CHARS} characters, or
 * from a truncated list, ends early and has {@code "truncated": true}.
 */
final class SubscriptionDocuments {
    static final int MAX_CHARS = 8 * 1024 * 1024;

    /** Estimated size of a subscription without its names and payload. */
    private static final int FIXED_CHARS = 150;

    private static final String CONTEXT = "https://mercure.rocks/";

    private SubscriptionDocuments() {}

    /** The data of the update that announces the start or end of a subscription. */
    static ObjectNode update(Subscriber subscriber, String topic, boolean active) {
        return subscription(context(), subscriber, topic, active);
    }

    /** One active subscription. */
    static ObjectNode one(Subscriber subscriber, String topic, String lastEventId) {
        return update(subscriber, topic, true).put("lastEventID", lastEventId);
    }

    /** All active subscriptions, or those of one topic. */
    static ObjectNode collection(SubscriptionPath path, SubscriberList subscribers, String lastEventId) {
        ObjectNode json = context().put("id", path.text()).put("type", "Subscriptions");
        json.put("lastEventID", lastEventId);
        boolean complete = addAll(json.putArray("subscriptions"), path, subscribers.subscribers());
        if (!complete || subscribers.truncated()) {
            json.put("truncated", true);
        }
        return json;
    }

    private static boolean addAll(ArrayNode array, SubscriptionPath path, List<Subscriber> subscribers) {
        long chars = 0;
        for (Subscriber subscriber : subscribers) {
            JsonNode payload = subscriber.payload();
            int own = FIXED_CHARS + (payload == null ? 0 : payload.toString().length());
            for (String topic : subscriber.topics()) {
                if (path instanceof SubscriptionPath.OfTopic(String requested) && !requested.equals(topic)) {
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
