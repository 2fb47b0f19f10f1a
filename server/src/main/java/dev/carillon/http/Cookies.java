package dev.carillon.http;

import io.undertow.util.HeaderMap;
import io.undertow.util.Headers;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Reads Carillon's cookies from a request. It ignores all others: other applications of the site may set cookies of any bytes, for which
 * Undertow's parser would refuse the whole header.
 */
public final class Cookies {
    private Cookies() {}

    /**
     * Returns the value of the first cookie of this name with a valid value, without its optional quotes; null: none. Browsers send the
     * most specific cookie first (RFC 6265, sections 4.1.1 and 5.4).
     */
    public static @Nullable String first(HeaderMap headers, String name) {
        List<String> lines = headers.get(Headers.COOKIE);
        if (lines == null) {
            return null;
        }
        for (String line : lines) {
            for (int begin = 0; begin <= line.length(); begin = end(line, begin) + 1) {
                String value = value(line, begin, end(line, begin), name);
                if (value != null) {
                    return value;
                }
            }
        }
        return null;
    }

    private static int end(String line, int begin) {
        int end = line.indexOf(';', begin);
        return end < 0 ? line.length() : end;
    }

    private static @Nullable String value(String line, int begin, int end, String name) {
        int equals = line.indexOf('=', begin);
        if (equals < 0
                || equals >= end
                || !line.substring(begin, equals).strip().equals(name)) {
            return null;
        }
        String value = line.substring(equals + 1, end).strip();
        if (value.length() >= 2 && value.startsWith("\"") && value.endsWith("\"")) {
            value = value.substring(1, value.length() - 1);
        }
        return value.chars().allMatch(Cookies::isOctet) ? value : null;
    }

    private static boolean isOctet(int c) {
        return c > ' ' && c < 0x7F && c != '"' && c != ',' && c != ';' && c != '\\';
    }
}
