package dev.carillon.examples.pages;

import dev.carillon.page.SignalType;
import java.util.List;
import java.util.function.Function;
import java.util.stream.Collectors;

/** Lists of records as values of signals: one line for each record, its fields separated by tabs. */
final class Rows {
    private Rows() {}

    /** @param fields number of fields that a record has */
    static <T> SignalType<List<T>> of(int fields, Function<T, List<?>> write, Function<List<String>, T> read) {
        return SignalType.of(
                "must be lines of " + fields + " fields",
                rows -> rows.stream().map(row -> line(write.apply(row))).collect(Collectors.joining("\n")),
                text -> text.lines()
                        .map(line -> read.apply(fields(line, fields)))
                        .toList());
    }

    private static String line(List<?> fields) {
        return fields.stream()
                .map(field -> field.toString().replaceAll("\\s+", " ").strip())
                .collect(Collectors.joining("\t"));
    }

    private static List<String> fields(String line, int expected) {
        List<String> fields = List.of(line.split("\t", -1));
        if (fields.size() != expected) {
            throw new IllegalArgumentException("a line has " + fields.size() + " fields");
        }
        return fields;
    }
}
