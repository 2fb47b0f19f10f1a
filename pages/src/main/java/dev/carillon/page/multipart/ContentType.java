package dev.carillon.page.multipart;

import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The header {@code Content-Type} of a form with files. */
public final class ContentType {
    public static final String FORM_DATA = "multipart/form-data";

    /** RFC 2046, section 5.1.1. */
    private static final Pattern BOUNDARY = Pattern.compile(
            "(?i);\\s*boundary=(?:\"([0-9A-Za-z'()+_,./:=? -]{1,70})\"|([0-9A-Za-z'()+_,./:=?-]{1,70}))\\s*(?:;|$)");

    private ContentType() {}

    /** The media type, without parameters and in lower case. */
    public static String mediaType(String contentType) {
        return contentType.split(";", 2)[0].strip().toLowerCase(Locale.ROOT);
    }

    static String boundary(String contentType) {
        Matcher found = BOUNDARY.matcher(contentType);
        if (!mediaType(contentType).equals(FORM_DATA) || !found.find()) {
            throw MultipartReader.invalid("header Content-Type: must be multipart/form-data with a boundary");
        }
        return found.group(1) != null ? found.group(1) : found.group(2);
    }
}
