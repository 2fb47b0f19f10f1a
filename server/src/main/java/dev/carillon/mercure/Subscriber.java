package dev.carillon.mercure;

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
 * One connection that subscribes: with each of its topic selectors it has one subscription.
 *
 * @param id a UUID URN, never the client's choice
 * @param topics selectors, 1 to {@value #MAX_TOPICS}; the same one twice is one
 * @param payload what the token says of the subscriber; null: nothing
 */
public record Subscriber(
        Tenant tenant,
        String id,
        List<String> topics,
        @Nullable JsonNode payload) {
    public static final int MAX_TOPICS = 1_000;

    /** @throws CarillonException {@code invalid-request}, naming the rule that is broken */
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
     * A new connection.
     *
     * @param random for its id
     */
    public static Subscriber of(SecureRandom random, Tenant tenant, List<String> topics, @Nullable JsonNode payload) {
        return new Subscriber(tenant, "urn:uuid:" + RandomIds.uuid(random), topics, payload);
    }

    private static CarillonException invalid(String rule) {
        return new CarillonException(ErrorCode.INVALID_REQUEST, "parameter topic: " + rule);
    }
}
