package dev.carillon.page.http;

import dev.carillon.base.CarillonException;
import dev.carillon.base.ErrorCode;
import dev.carillon.page.markup.DatastarMarkup;
import dev.carillon.page.markup.FormFields;
import dev.carillon.patch.JsonFields;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;

/** The signals of a page with Datastar, as an action sends them: JSON, as the fields that a form would have. */
final class SignalsBody {
    static final String TYPE = "application/json";

    private static final String IDENTITY = DatastarMarkup.IDENTITY + ".";

    private SignalsBody() {}

    /**
     * The fields of an action.
     *
     * @param query of the request: the id of the action, and what its button sends
     * @throws CarillonException {@code too-large} or {@code invalid-request}
     */
    static Map<String, String> read(byte[] body, String query) {
        if (body.length > FormBody.MAX_BYTES) {
            throw tooLarge();
        }
        Map<String, String> fields = new LinkedHashMap<>();
        signals(new String(body, StandardCharsets.UTF_8)).forEach((name, text) -> add(fields, name, text));
        Map<String, String> button = FormBody.read(query);
        String id = button.remove(FormFields.ID);
        if (id != null) {
            fields.put(FormFields.ID, id);
        }
        button.keySet().removeIf(SignalsBody::isClientOnly);
        if (!button.isEmpty()) {
            fields.putAll(button);
            fields.put(FormFields.PRESSED, String.join(" ", button.keySet()));
        }
        if (fields.size() > FormBody.MAX_FIELDS) {
            throw new CarillonException(
                    ErrorCode.INVALID_REQUEST, "a page may send at most " + FormBody.MAX_FIELDS + " signals");
        }
        if (FormBody.write(fields).length() > FormBody.MAX_BYTES) {
            throw tooLarge();
        }
        return fields;
    }

    private static void add(Map<String, String> fields, String name, String text) {
        if (name.equals(IDENTITY + DatastarMarkup.CONTEXT)) {
            fields.put(FormFields.CONTEXT, text);
        } else if (name.equals(IDENTITY + DatastarMarkup.PAGE)) {
            fields.put(FormFields.PAGE, text);
        } else if (!isClientOnly(name) && !name.startsWith(IDENTITY)) {
            fields.put(name, text);
        }
    }

    /** Datastar does not send such signals, unless its options say otherwise. */
    private static boolean isClientOnly(String name) {
        return name.startsWith(FormFields.CLIENT_ONLY) || name.contains("." + FormFields.CLIENT_ONLY);
    }

    private static Map<String, String> signals(String json) {
        try {
            return JsonFields.read(json);
        } catch (IllegalArgumentException e) {
            throw new CarillonException(ErrorCode.INVALID_REQUEST, "signals: " + e.getMessage(), e);
        }
    }

    private static CarillonException tooLarge() {
        return new CarillonException(
                ErrorCode.TOO_LARGE,
                "the signals of a page may have at most " + FormBody.MAX_BYTES
                        + " bytes, also when they are URL-encoded");
    }
}
