package dev.carillon.lab.load;

import java.nio.charset.StandardCharsets;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** How many events a client is told that it misses because it read too slowly. */
final class Dropped {
    /** In JSON, or in JSON within JSON. */
    private static final Pattern COUNT = Pattern.compile("\\\\?\"dropped\\\\?\":(\\d{1,9})");

    private Dropped() {}

    /** 0: it is told something else. */
    static int count(byte[] bytes, int from, int to) {
        Matcher count = COUNT.matcher(new String(bytes, from, to - from, StandardCharsets.UTF_8));
        return count.find() ? Integer.parseInt(count.group(1)) : 0;
    }
}
