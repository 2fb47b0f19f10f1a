package dev.carillon.page.http;

import dev.carillon.base.CarillonException;
import dev.carillon.base.ErrorCode;
import dev.carillon.page.context.ClientIdentity;
import dev.carillon.page.markup.FormFields;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;
import java.util.regex.Pattern;

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
    private static final Pattern ID = Pattern.compile("[A-Za-z0-9_-]{1,64}");

    /** The fields of the page, without those that only the browser knows. */
    Map<String, String> inputs() {
        Map<String, String> inputs = new LinkedHashMap<>(fields);
        inputs.keySet().removeIf(name -> name.startsWith(FormFields.CLIENT_ONLY));
        return inputs;
    }

    /** Names of the fields that a button has sent, and that the script of the page does not keep. */
    Set<String> pressed() {
        return Set.copyOf(
                Arrays.asList(fields.getOrDefault(FormFields.PRESSED, "").split(" ", -1)));
    }

    /** Whether its sender may send it again. */
    boolean isRepeatable() {
        return fields.containsKey(PageDocument.ID_FIELD);
    }

    /**
     * The key of this request among those of its context. Another action with the same id, as from a page that was shown again, is another request.
     *
     * @param otherwise id of a request that has none
     */
    String key(Supplier<String> otherwise) {
        String id = fields.get(PageDocument.ID_FIELD);
        return (id == null ? otherwise.get() : id) + "." + action;
    }

    /** @throws CarillonException {@code invalid-request} */
    static void checkId(Map<String, String> fields) {
        if (!ID.matcher(fields.getOrDefault(PageDocument.ID_FIELD, "0")).matches()) {
            throw new CarillonException(
                    ErrorCode.INVALID_REQUEST,
                    "field " + PageDocument.ID_FIELD + ": must have 1 to 64 letters, digits, '-' or '_'");
        }
    }

    /** With the fields of a form that has been received. */
    ActionCall with(UploadForm upload) {
        return new ActionCall(owner, path, context, action, upload.fields(), attributes);
    }
}
