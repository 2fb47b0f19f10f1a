package dev.carillon.subscriptions;

import com.fasterxml.jackson.databind.JsonNode;
import dev.carillon.base.CarillonException;
import dev.carillon.base.ErrorCode;
import dev.carillon.base.RandomIds;
import dev.carillon.base.Text;
import dev.carillon.scope.Tenant;
import java.security.SecureRandom;
import java.util.LinkedHashSet;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A connection that subscribes. It has one subscription for each of its topic selectors.
 *
 * @param id a UUID URN, never chosen by the client
 * @param topics topic selectors, 1 to {@value #MAX_TOPICS}; duplicates are removed
 * @param payload the token's payload, which subscription documents show; null: none
 */
public record Subscriber(
        Tenant tenant,
        String id,
        List<String> topics,
        @Nullable JsonNode payload) {
    public static final int MAX_TOPICS = 1_000;

    /** @throws CarillonException {@code invalid-request} with the violated rule */
    public Subscriber {
        topics = List.copyOf(new LinkedHashSet<>(topics));
        if (topics.isEmpty() || topics.size() > MAX_TOPICS) {
            throw invalid("must be given 1 to " + MAX_TOPICS + " times");
        }
        for (String topic : topics) {
            if (topic.isEmpty() || !Text.isWellFormed(topic)) {
                throw invalid(topic.isEmpty() ? "must not be empty" : "is not well-formed Unicode");
            }
        }
    }

    /**
     * Returns a new subscriber.
     *
     * @param random source of its id
     */
    public static Subscriber of(SecureRandom random, Tenant tenant, List<String> topics, @Nullable JsonNode payload) {
        return new Subscriber(tenant, "urn:uuid:" + RandomIds.uuid(random), topics, payload);
    }

    private static CarillonException invalid(String rule) {
        return new CarillonException(ErrorCode.INVALID_REQUEST, "parameter topic: " + rule);
    }
}
