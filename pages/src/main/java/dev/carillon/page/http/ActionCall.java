package dev.carillon.page.http;

import dev.carillon.page.context.ClientIdentity;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * A request for an action.
 *
 * @param fields of the form, with the id of the context
 */
record ActionCall(ClientIdentity owner, String context, String action, Map<String, String> fields) {
    /** The fields of the page. */
    Map<String, String> inputs() {
        Map<String, String> inputs = new LinkedHashMap<>(fields);
        inputs.remove(PageRoutes.CONTEXT_FIELD);
        return inputs;
    }
}
