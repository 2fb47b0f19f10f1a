package dev.carillon.mercure;

import com.fasterxml.jackson.databind.JsonNode;
import dev.carillon.auth.Grants;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a client may do at the hub.
 *
 * @param grants the same rights as {@code delivery} and {@code broadcast} check them, with tenant and expiry
 * @param mayPublish whether the token is for publishing, to whatever topics
 * @param subscribe selectors of the topics whose private updates the client may receive
 * @param publish selectors of the topics to which the client may publish
 * @param payload shown to other subscribers in subscription documents; null: none
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
