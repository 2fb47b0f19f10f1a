package dev.carillon.patch;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/**
 * The cases of the test suite of Datastar's SDKs. What pages do not send is built here from the same events: scripts inside an element, ids and times of reconnection, which the node adds
 * to the events of a stream.
 */
class DatastarCasesTest {
    private static final int OFFICIAL = 20;

    private record Case(String name, List<String> events, String expected) {}

    private static List<Case> cases() throws IOException {
        try (InputStream in =
                Objects.requireNonNull(DatastarCasesTest.class.getResourceAsStream("datastar-cases.txt"))) {
            String text = new String(in.readAllBytes(), StandardCharsets.UTF_8);
            return Stream.of(text.split("(?m)^== ", -1))
                    .skip(1)
                    .map(DatastarCasesTest::read)
                    .toList();
        }
    }

    private static Case read(String section) {
        String[] parts = section.split("\n->\n", 2);
        List<String> head = parts[0].lines().toList();
        return new Case(head.getFirst(), head.subList(1, head.size()), parts[1].strip() + "\n\n");
    }

    @TestFactory
    Stream<DynamicTest> events_are_those_of_the_suite() throws IOException {
        return cases().stream()
                .map(one -> DynamicTest.dynamicTest(one.name(), () -> {
                    // As the suite sends them: inside one object.
                    String all = JsonFields.read("{\"events\":[" + String.join(",", one.events()) + "]}")
                            .get("events");
                    assertThat(all).isEqualTo("[" + String.join(",", one.events()) + "]");

                    String written =
                            one.events().stream().map(DatastarCasesTest::write).collect(Collectors.joining());

                    assertThat(written).isEqualTo(one.expected());
                }));
    }

    @Test
    void suite_is_complete() throws IOException {
        Set<String> names = cases().stream().map(Case::name).collect(Collectors.toCollection(TreeSet::new));

        assertThat(names).hasSize(OFFICIAL);
        assertThat(names).filteredOn(name -> name.startsWith("post ")).hasSize(1);
    }

    private static String write(String json) {
        Map<String, String> input = JsonFields.read(json);
        String type = input.getOrDefault("type", "");
        PatchEvent event = switch (type) {
            case "patchSignals" ->
                new SignalsPatch(signals(input), Boolean.parseBoolean(input.get("onlyIfMissing"))).event();
            case "executeScript" -> ElementsPatch.append("body", script(input));
            default ->
                new ElementsPatch(
                                input.getOrDefault("elements", ""),
                                input.get("selector"),
                                input.get("mode"),
                                Boolean.parseBoolean(input.get("useViewTransition")),
                                null)
                        .event();
        };
        String retry = input.get("retryDuration");
        return EventText.write(event, input.get("eventId"), retry == null ? null : Integer.valueOf(retry));
    }

    private static String signals(Map<String, String> input) {
        String raw = input.get("signals-raw");
        return raw == null
                ? SignalsJson.write(new Patch.Signals(
                        below(input, "signals."),
                        Set.of("one", "two").stream()
                                .filter(name -> input.getOrDefault("signals." + name, "")
                                        .matches("[0-9]+"))
                                .collect(Collectors.toSet())))
                : raw;
    }

    private static String script(Map<String, String> input) {
        List<String> attributes = new ArrayList<>();
        input.forEach((name, value) -> {
            if (name.startsWith("attributes.")) {
                attributes.add(" " + name.substring("attributes.".length()) + "=\"" + value + "\"");
            }
        });
        if (!"false".equals(input.get("autoRemove"))) {
            attributes.add(" data-effect=\"el.remove()\"");
        }
        return "<script" + String.join("", attributes) + ">" + input.get("script") + "</script>";
    }

    private static Map<String, String> below(Map<String, String> input, String prefix) {
        Map<String, String> found = new TreeMap<>();
        input.forEach((name, value) -> {
            if (name.startsWith(prefix)) {
                found.put(name.substring(prefix.length()), value);
            }
        });
        return found;
    }
}
