package dev.carillon.subscriptions;

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
 * A subscriber as stored for the cluster.
 *
 * @param owner the node to which it is connected
 * @param incarnation rises each time the subscriber is listed again after another node had ended it
 * @param ending the node that is announcing its end and has to remove it; null: it is active
 */
record SubscriptionRecord(
        Subscriber subscriber,
        Owner owner,
        int incarnation,
        @Nullable Owner ending) {
    /** Leaves space for {@link #ending}, so that every stored record can be marked as ending. */
    static final int MAX_BYTES = Store.MAX_VALUE_BYTES - 256;

    private static final JsonMapper JSON = new JsonMapper();

    /** A node, from one start to its end. */
    record Owner(String node, long generation) {
        private static Owner of(JsonNode json) {
            return new Owner(json.path("node").asText(), json.path("generation").asLong());
        }

        private void write(ObjectNode json) {
            json.put("node", node).put("generation", generation);
        }
    }

    static SubscriptionRecord active(Subscriber subscriber, Owner owner, int incarnation) {
        return new SubscriptionRecord(subscriber, owner, incarnation, null);
    }

    SubscriptionRecord endedBy(Owner node) {
        return new SubscriptionRecord(subscriber, owner, incarnation, node);
    }

    /** The node that has to renew or remove the record. */
    Owner responsible() {
        return ending == null ? owner : ending;
    }

    /** @throws CarillonException {@code too-large}, or {@code invalid-request} when the payload is not well-formed Unicode */
    byte[] bytes() {
        ObjectNode json = JSON.createObjectNode();
        owner.write(json);
        json.put("life", incarnation);
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
            throw new CarillonException(ErrorCode.INVALID_REQUEST, "the token's payload: must be well-formed Unicode");
        }
        byte[] bytes = Text.utf8(text);
        if (bytes.length > (ending == null ? MAX_BYTES : Store.MAX_VALUE_BYTES)) {
            throw new CarillonException(
                    ErrorCode.TOO_LARGE,
                    "the topics and the token's payload: must have at most " + MAX_BYTES + " bytes together");
        }
        return bytes;
    }

    /** Returns empty for an unknown format, which a newer release may write. */
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
