package dev.carillon.lab.load;

import java.nio.charset.StandardCharsets;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Reads the number of dropped events from the gap that a slow client receives. */
final class DroppedCount {
    /** In JSON, or in a JSON string within JSON. */
    private static final Pattern COUNT = Pattern.compile("\\\\?\"dropped\\\\?\":(\\d{1,9})");

    private DroppedCount() {}

    /** 0 if the gap has another reason. */
    static int count(byte[] bytes, int from, int to) {
        Matcher count = COUNT.matcher(new String(bytes, from, to - from, StandardCharsets.UTF_8));
        return count.find() ? Integer.parseInt(count.group(1)) : 0;
    }
}
