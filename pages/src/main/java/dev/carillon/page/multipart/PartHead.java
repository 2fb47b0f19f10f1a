package dev.carillon.page.multipart;

import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** The headers of a part (RFC 7578, section 4.2; HTML Standard, "multipart/form-data encoding algorithm"). */
record PartHead(String name, @Nullable String fileName, String mediaType) {
    private static final Pattern PARAMETER = Pattern.compile(
            ";\\s*(name|filename)=(?:\"((?:[^\"\\\\]++|\\\\.)*+)\"|([^;\"\\s]+))", Pattern.CASE_INSENSITIVE);
    private static final int MAX_MEDIA_TYPE = 100;

    static PartHead parse(String head) {
        String name = null;
        String fileName = null;
        String mediaType = "text/plain";
        for (String line : head.split("\r\n", -1)) {
            int colon = line.indexOf(':');
            if (colon < 1) {
                throw MultipartReader.invalid("a part has a header without a colon");
            }
            String value = line.substring(colon + 1).strip();
            switch (line.substring(0, colon).strip().toLowerCase(Locale.ROOT)) {
                case "content-disposition" -> {
                    if (!value.toLowerCase(Locale.ROOT).startsWith("form-data")) {
                        throw MultipartReader.invalid("header Content-Disposition of a part: must be form-data");
                    }
                    Matcher parameters = PARAMETER.matcher(value);
                    while (parameters.find()) {
                        String text =
                                parameters.group(2) == null ? parameters.group(3) : unescaped(parameters.group(2));
                        if (parameters.group(1).equalsIgnoreCase("name")) {
                            name = text;
                        } else {
                            fileName = text;
                        }
                    }
                }
                case "content-type" -> {
                    if (value.length() > MAX_MEDIA_TYPE) {
                        throw MultipartReader.invalid("header Content-Type of a part: is too long");
                    }
                    mediaType = ContentType.mediaType(value);
                }
                default -> {
                    // Of no meaning (RFC 7578, section 4.8).
                }
            }
        }
        if (name == null) {
            throw MultipartReader.invalid("a part of the form has no name");
        }
        return new PartHead(name, fileName, mediaType);
    }

    /** Browsers encode a quote and line breaks by a percent sign; other clients put a backslash before a quote. */
    private static String unescaped(String quoted) {
        return quoted.replace("\\\"", "\"")
                .replace("%22", "\"")
                .replace("%0D", "\r")
                .replace("%0A", "\n");
    }
}
