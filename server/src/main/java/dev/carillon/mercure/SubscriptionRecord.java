package dev.carillon.mercure;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.carillon.base.CarillonException;
import dev.carillon.base.ErrorCode;
import dev.carillon.base.Text;
import dev.carillon.broker.Store;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A subscriber as the store keeps it for the cluster.
 *
 * @param owner to whom it is connected
 * @param life rises each time it is listed anew after it was taken for ended
 * @param ending who announces its end just now, and has to finish that; null: nobody, it is active
 */
record SubscriptionRecord(
        Subscriber subscriber,
        Owner owner,
        int life,
        @Nullable Owner ending) {
    /** With room for {@link #ending}, so that what could be written can be ended. */
    static final int MAX_BYTES = Store.MAX_VALUE_BYTES - 256;

    private static final JsonMapper JSON = new JsonMapper();

    /** One life of a node. */
    record Owner(String node, long generation) {
        private static Owner of(JsonNode json) {
            return new Owner(json.path("node").asText(), json.path("generation").asLong());
        }

        private void write(ObjectNode json) {
            json.put("node", node).put("generation", generation);
        }
    }

    static SubscriptionRecord active(Subscriber subscriber, Owner owner, int life) {
        return new SubscriptionRecord(subscriber, owner, life, null);
    }

    SubscriptionRecord endedBy(Owner who) {
        return new SubscriptionRecord(subscriber, owner, life, who);
    }

    /** Who has to see to it. */
    Owner responsible() {
        return ending == null ? owner : ending;
    }

    /** @throws CarillonException {@code too-large}, or {@code invalid-request} where the payload is no Unicode */
    byte[] bytes() {
        ObjectNode json = JSON.createObjectNode();
        owner.write(json);
        json.put("life", life);
        ArrayNode topics = json.putArray("topics");
        subscriber.topics().forEach(topics::add);
        if (subscriber.payload() != null) {
            json.set("payload", subscriber.payload());
        }
        if (ending != null) {
            ending.write(json.putObject("ending"));
        }
        String text = json.toString();
        if (!Text.isWellFormed(text)) {
            throw new CarillonException(ErrorCode.INVALID_REQUEST, "the token's payload: is not well-formed Unicode");
        }
        byte[] bytes = Text.utf8(text);
        if (bytes.length > (ending == null ? MAX_BYTES : Store.MAX_VALUE_BYTES)) {
            throw new CarillonException(
                    ErrorCode.TOO_LARGE,
                    "the topics and the token's payload: must have at most " + MAX_BYTES + " bytes together");
        }
        return bytes;
    }

    /** Empty for bytes of another form: a newer release may write one. */
    static Optional<SubscriptionRecord> of(Store.Entry entry) {
        try {
            JsonNode json = JSON.readTree(entry.value());
            List<String> topics = new ArrayList<>();
            json.path("topics").forEach(topic -> topics.add(topic.asText()));
            Subscriber subscriber =
                    new Subscriber(entry.key().tenant(), entry.key().name(), topics, json.get("payload"));
            JsonNode ending = json.get("ending");
            return Optional.of(new SubscriptionRecord(
                    subscriber, Owner.of(json), json.path("life").asInt(), ending == null ? null : Owner.of(ending)));
        } catch (IOException | CarillonException e) {
            return Optional.empty();
        }
    }
}
