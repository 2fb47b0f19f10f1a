package dev.carillon.wire;

import dev.carillon.base.Text;
import java.nio.charset.StandardCharsets;
import java.util.function.Function;

/**
 * A form that crosses nodes or outlives a process, with what a made-up next release and the one before would write.
 *
 * @param name of the form
 * @param writer the class that writes it to the store or to other nodes
 * @param now what this release writes
 * @param next the same from a later release, with parts that this one does not know
 * @param before the same from an earlier release, without the parts that may be missing
 * @param read what this release reads, as a value that can be compared
 */
@SuppressWarnings("ArrayRecordComponent") // never compared
public record WireForm(
        String name, Class<?> writer, byte[] now, byte[] next, byte[] before, Function<byte[], Object> read) {
    /** A form of JSON; every object of the next release has further members. */
    public static WireForm json(
            String name, Class<?> writer, byte[] now, String before, Function<byte[], Object> read) {
        return new WireForm(name, writer, now, NextRelease.json(now), Text.utf8(before), read);
    }

    /** A form of text. */
    public static WireForm text(
            String name, Class<?> writer, byte[] now, String next, String before, Function<byte[], Object> read) {
        return new WireForm(name, writer, now, Text.utf8(next), Text.utf8(before), read);
    }

    public String nowText() {
        return new String(now, StandardCharsets.UTF_8);
    }

    @Override
    public String toString() {
        return name;
    }
}
