package dev.carillon.mercure;

import com.fasterxml.jackson.databind.JsonNode;
import dev.carillon.auth.Grants;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What somebody may do at the hub.
 *
 * @param grants the same for the rooms below, with the tenant, and the time when it ends
 * @param mayPublish whether the token is one for publishing at all, to whatever topics
 * @param subscribe selectors of the topics whose private updates they may have
 * @param publish selectors of the topics to which they may publish
 * @param payload what other subscribers are told of this one; null: nothing
 */
record MercureGrants(
        Grants grants,
        boolean mayPublish,
        List<String> subscribe,
        List<String> publish,
        @Nullable JsonNode payload) {
    MercureGrants {
        subscribe = List.copyOf(subscribe);
        publish = List.copyOf(publish);
    }
}
