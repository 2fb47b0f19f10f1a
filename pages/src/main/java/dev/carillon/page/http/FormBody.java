package dev.carillon.page.http;

import dev.carillon.base.CarillonException;
import dev.carillon.base.ErrorCode;
import dev.carillon.base.Text;
import java.net.URLDecoder;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;

/** The body of a form: {@code application/x-www-form-urlencoded}. */
final class FormBody {
    static final String TYPE = "application/x-www-form-urlencoded";
    /** With the other fields it fits into a call to another node. */
    static final int MAX_BYTES = 16 * 1024;

    static final int MAX_FIELDS = 100;
    /** More than 20 cookies have. */
    private static final int MAX_TRUSTED_FIELDS = 200;

    private FormBody() {}

    /** @throws CarillonException {@code too-large} or {@code invalid-request} */
    static Map<String, String> read(String body) {
        if (Text.utf8Length(body) > MAX_BYTES) {
            throw tooLarge();
        }
        return read(body, MAX_FIELDS);
    }

    static CarillonException tooLarge() {
        return new CarillonException(ErrorCode.TOO_LARGE, "a form may have at most " + MAX_BYTES + " bytes");
    }

    /** The text of another node, which bounds it. */
    static Map<String, String> readTrusted(String text) {
        return read(text, MAX_TRUSTED_FIELDS);
    }

    private static Map<String, String> read(String body, int maxFields) {
        Map<String, String> fields = new LinkedHashMap<>();
        if (body.isEmpty()) {
            return fields;
        }
        for (String pair : body.split("&", maxFields + 1)) {
            if (fields.size() == maxFields) {
                throw new CarillonException(
                        ErrorCode.INVALID_REQUEST, "a form may have at most " + maxFields + " fields");
            }
            int equals = pair.indexOf('=');
            String name = decode(equals < 0 ? pair : pair.substring(0, equals));
            String value = equals < 0 ? "" : decode(pair.substring(equals + 1));
            if (fields.put(name, value) != null) {
                throw new CarillonException(
                        ErrorCode.INVALID_REQUEST, "field " + Text.printable(name, 64) + ": must be given once");
            }
        }
        return fields;
    }

    static String write(Map<String, String> fields) {
        StringBuilder out = new StringBuilder();
        fields.forEach((name, value) -> out.append(out.isEmpty() ? "" : "&")
                .append(URLEncoder.encode(name, StandardCharsets.UTF_8))
                .append('=')
                .append(URLEncoder.encode(value, StandardCharsets.UTF_8)));
        return out.toString();
    }

    private static String decode(String text) {
        try {
            return URLDecoder.decode(text, StandardCharsets.UTF_8);
        } catch (IllegalArgumentException e) {
            throw new CarillonException(ErrorCode.INVALID_REQUEST, "the form is not URL-encoded", e);
        }
    }
}
