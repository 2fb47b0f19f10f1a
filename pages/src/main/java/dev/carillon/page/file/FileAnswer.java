package dev.carillon.page.file;

import dev.carillon.extension.Request;
import dev.carillon.extension.Response;
import java.nio.ByteBuffer;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The answer to a request for a file: conditional (RFC 9110, section 13), one range (section 14), and in the form that the client accepts.
 *
 * @param cacheControl value of the header
 */
record FileAnswer(LoadedFile file, String cacheControl) {
    /** RFC 9110, section 5.6.7; {@link DateTimeFormatter#RFC_1123_DATE_TIME} writes the days 1 to 9 with one digit. */
    private static final DateTimeFormatter DATE = DateTimeFormatter.ofPattern(
                    "EEE, dd MMM uuuu HH:mm:ss 'GMT'", Locale.US)
            .withZone(ZoneOffset.UTC);

    private static final Pattern RANGE = Pattern.compile("bytes=(\\d{0,18})-(\\d{0,18})");
    private static final Pattern ENTITY_TAG = Pattern.compile("(?:W/)?(\"[^\"]*\")");
    /** Of pages among the files: resources of this site only, nothing inline. */
    private static final String OWN_SITE_ONLY = "default-src 'self'; img-src 'self' data:; object-src 'none'; "
            + "form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

    Response to(Request request) {
        String coding = coding(request);
        String tag = "\"" + file.hash() + (coding.isEmpty() ? "" : "-" + coding) + "\"";
        if (isCurrent(request, tag)) {
            return headers(Response.of(304, file.mediaType(), ByteBuffer.allocate(0)), tag);
        }
        ByteBuffer content = content(coding);
        Response whole = headers(Response.of(200, file.mediaType(), content), tag);
        if (!coding.isEmpty()) {
            return whole.header("Content-Encoding", coding);
        }
        return range(request)
                .filter(range -> request.header("If-Range").map(tag::equals).orElse(true))
                .flatMap(range -> part(range, content, tag))
                .orElse(whole);
    }

    private ByteBuffer content(String coding) {
        ByteBuffer compressed = switch (coding) {
            case "br" -> file.brotli();
            case "gzip" -> file.gzip();
            default -> file.plain();
        };
        return compressed == null ? file.plain() : compressed;
    }

    private Response headers(Response response, String tag) {
        Response with = response.header("ETag", tag)
                .header("Cache-Control", cacheControl)
                .header("Accept-Ranges", "bytes")
                .header("X-Content-Type-Options", "nosniff");
        if (file.gzip() != null || file.brotli() != null) {
            with = with.header("Vary", "Accept-Encoding");
        }
        if (file.stamp().modified() > 0) {
            with = with.header("Last-Modified", date(file.stamp().modified()));
        }
        return file.mediaType().startsWith("text/html") ? with.header("Content-Security-Policy", OWN_SITE_ONLY) : with;
    }

    private static String date(long millis) {
        return DATE.format(Instant.ofEpochMilli(millis));
    }

    private boolean isCurrent(Request request, String tag) {
        Optional<String> tags = request.header("If-None-Match");
        if (tags.isPresent()) {
            return tags.get().strip().equals("*")
                    || ENTITY_TAG
                            .matcher(tags.get())
                            .results()
                            .anyMatch(found -> found.group(1).equals(tag));
        }
        long seconds = file.stamp().modified() / 1_000;
        return seconds > 0
                && request.header("If-Modified-Since")
                        .map(FileAnswer::seconds)
                        .filter(since -> seconds <= since)
                        .isPresent();
    }

    /** The seconds since 1970; the smallest number for text that is no date. */
    private static long seconds(String date) {
        try {
            return DateTimeFormatter.RFC_1123_DATE_TIME
                    .parse(date, Instant::from)
                    .getEpochSecond();
        } catch (DateTimeException e) {
            return Long.MIN_VALUE;
        }
    }

    /** Empty for several ranges and other units, for which the whole file is an answer, too. */
    private Optional<Response> part(String range, ByteBuffer content, String tag) {
        Matcher bytes = RANGE.matcher(range);
        if (!bytes.matches() || bytes.group(1).isEmpty() && bytes.group(2).isEmpty()) {
            return Optional.empty();
        }
        int size = content.remaining();
        long first = bytes.group(1).isEmpty()
                ? Math.max(0, size - Long.parseLong(bytes.group(2)))
                : Long.parseLong(bytes.group(1));
        long last = bytes.group(1).isEmpty() || bytes.group(2).isEmpty()
                ? size - 1L
                : Math.min(size - 1L, Long.parseLong(bytes.group(2)));
        if (first >= size || bytes.group(1).isEmpty() && bytes.group(2).matches("0+")) {
            return Optional.of(headers(Response.of(416, file.mediaType(), ByteBuffer.allocate(0)), tag)
                    .header("Content-Range", "bytes */" + size));
        }
        if (last < first) {
            return Optional.empty();
        }
        return Optional.of(headers(
                        Response.of(206, file.mediaType(), content.slice((int) first, (int) (last - first + 1))), tag)
                .header("Content-Range", "bytes " + first + "-" + last + "/" + size));
    }

    /** Of GET only (RFC 9110, section 14.2). */
    private static Optional<String> range(Request request) {
        return request.method().equals("GET") ? request.header("Range") : Optional.empty();
    }

    /** The best coding that there is and that the client accepts by name; empty: none. A range is one of the plain file. */
    private String coding(Request request) {
        if (range(request).isPresent()) {
            return "";
        }
        String accepted = request.header("Accept-Encoding").orElse("").toLowerCase(Locale.ROOT);
        if (file.brotli() != null && accepts(accepted, "br")) {
            return "br";
        }
        return file.gzip() != null && accepts(accepted, "gzip") ? "gzip" : "";
    }

    private static boolean accepts(String header, String coding) {
        return Arrays.stream(header.split(",", 20))
                .map(String::strip)
                .anyMatch(each -> each.equals(coding)
                        || each.startsWith(coding + ";")
                                && !each.replace(" ", "").matches(coding + ";q=0(\\.0{0,3})?"));
    }
}
