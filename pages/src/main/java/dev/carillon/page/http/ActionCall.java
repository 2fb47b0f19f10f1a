package dev.carillon.page.http;

import dev.carillon.page.context.ClientIdentity;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * A request for an action.
 *
 * @param path of the page, for which its middleware has run; empty: none has
 * @param fields of the form, with the id of the context
 * @param attributes of the request, as text
 */
record ActionCall(
        ClientIdentity owner,
        String path,
        String context,
        String action,
        Map<String, String> fields,
        Map<String, String> attributes) {
    /** The fields of the page. */
    Map<String, String> inputs() {
        Map<String, String> inputs = new LinkedHashMap<>(fields);
        inputs.remove(PageDocument.CONTEXT_FIELD);
        inputs.remove(PageDocument.PAGE_FIELD);
        return inputs;
    }

    /** With the fields of a form that has been received. */
    ActionCall with(UploadForm upload) {
        return new ActionCall(owner, path, context, action, upload.fields(), attributes);
    }
}
