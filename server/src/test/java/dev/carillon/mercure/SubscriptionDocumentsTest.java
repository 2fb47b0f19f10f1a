package dev.carillon.mercure;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.carillon.scope.Tenant;
import dev.carillon.subscriptions.Subscriber;
import dev.carillon.subscriptions.SubscriberList;
import java.util.Collections;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class SubscriptionDocumentsTest {
    private static final JsonMapper JSON = new JsonMapper();
    private static final String TEMPLATE = "https://example.com/{id}";

    private final Subscriber subscriber = subscriber(List.of(TEMPLATE, "a"), JsonNodeFactory.instance.objectNode());

    @Test
    void a_collection_has_the_form_of_the_protocol() throws Exception {
        ObjectNode json = SubscriptionDocuments.collection(
                new SubscriptionPath.OfTopic(TEMPLATE), new SubscriberList(List.of(subscriber), false), "urn:uuid:9");

        assertThat(json).isEqualTo(JSON.readTree("""
                {"@context":"https://mercure.rocks/",
                 "id":"/.well-known/mercure/subscriptions/https%3A%2F%2Fexample.com%2F%7Bid%7D","type":"Subscriptions",
                 "lastEventID":"urn:uuid:9","subscriptions":[
                  {"id":"/.well-known/mercure/subscriptions/https%3A%2F%2Fexample.com%2F%7Bid%7D/urn%3Auuid%3Abb3d",
                   "type":"Subscription","subscriber":"urn:uuid:bb3d","topic":"https://example.com/{id}","active":true,
                   "payload":{}}]}
                """));
    }

    @Test
    void the_collection_has_a_subscription_for_each_selector() {
        ObjectNode json = SubscriptionDocuments.collection(
                new SubscriptionPath.All(), new SubscriberList(List.of(subscriber), false), "earliest");

        assertThat(json.get("id").textValue()).isEqualTo("/.well-known/mercure/subscriptions");
        assertThat(json.get("lastEventID").textValue()).isEqualTo("earliest");
        assertThat(json.get("subscriptions").findValuesAsText("topic")).containsExactly(TEMPLATE, "a");
        assertThat(json.has("truncated")).isFalse();
    }

    @Test
    void a_single_subscription_has_context_and_last_event() throws Exception {
        assertThat(SubscriptionDocuments.one(subscriber, "a", "urn:uuid:9")).isEqualTo(JSON.readTree("""
                {"@context":"https://mercure.rocks/","id":"/.well-known/mercure/subscriptions/a/urn%3Auuid%3Abb3d",
                 "type":"Subscription","subscriber":"urn:uuid:bb3d","topic":"a","active":true,"payload":{},
                 "lastEventID":"urn:uuid:9"}
                """));
    }

    @Test
    void an_update_has_the_state_and_no_payload_if_there_is_none() throws Exception {
        assertThat(SubscriptionDocuments.update(subscriber(List.of("a"), null), "a", false))
                .isEqualTo(JSON.readTree("""
                {"@context":"https://mercure.rocks/","id":"/.well-known/mercure/subscriptions/a/urn%3Auuid%3Abb3d",
                 "type":"Subscription","subscriber":"urn:uuid:bb3d","topic":"a","active":false}
                """));
    }

    @Test
    void a_truncated_list_is_marked() {
        ObjectNode json = SubscriptionDocuments.collection(
                new SubscriptionPath.All(), new SubscriberList(List.of(subscriber), true), "earliest");

        assertThat(json.get("truncated").booleanValue()).isTrue();
    }

    @Test
    void a_collection_is_bounded_and_marked_when_truncated() {
        JsonNode payload = JsonNodeFactory.instance.textNode("x".repeat(50_000));
        List<Subscriber> many = Collections.nCopies(300, subscriber(List.of("a"), payload));

        ObjectNode json = SubscriptionDocuments.collection(
                new SubscriptionPath.All(), new SubscriberList(many, false), "earliest");

        assertThat(json.get("truncated").booleanValue()).isTrue();
        assertThat(json.toString().length())
                .isBetween(SubscriptionDocuments.MAX_CHARS / 2, SubscriptionDocuments.MAX_CHARS + 1_000);
    }

    private static Subscriber subscriber(List<String> topics, @Nullable JsonNode payload) {
        return new Subscriber(Tenant.DEFAULT, "urn:uuid:bb3d", topics, payload);
    }
}
