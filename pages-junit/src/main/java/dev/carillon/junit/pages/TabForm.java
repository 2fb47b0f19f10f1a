package dev.carillon.junit.pages;

import dev.carillon.page.Action;
import java.io.ByteArrayOutputStream;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.jsoup.nodes.Attribute;
import org.jsoup.nodes.Document;
import org.jsoup.nodes.Element;

/** The form of a page: its fields, as a browser sends them. */
final class TabForm {
    static final String BOUNDARY = "carillon-test-form";

    private static final String BIND = "data-bind";

    private TabForm() {}

    /** A field and its text. */
    record Field(String name, String value) {}

    /** A file that was chosen. */
    static final class File {
        private final String name;
        private final String type;
        private final byte[] content;

        File(String name, String type, byte[] content) {
            this.name = name;
            this.type = type;
            this.content = content.clone();
        }
    }

    /** The inputs of the form, buttons not among them. */
    static List<Element> inputs(Document document) {
        return document.select("input, select, textarea").stream()
                .filter(input -> !name(input).isEmpty() && belongs(input))
                .toList();
    }

    /** The name of an input, else that of the signal to which it is bound. */
    static String name(Element input) {
        return input.hasAttr("name") ? input.attr("name") : bound(input);
    }

    /** The signal to which an input is bound by Datastar; empty: none. */
    static String bound(Element input) {
        for (Attribute attribute : input.attributes()) {
            String[] parts = attribute.getKey().split("__", -1);
            if (parts[0].equals(BIND)) {
                return attribute.getValue();
            }
            if (parts[0].startsWith(BIND + ":")) {
                return parts[0].substring(BIND.length() + 1);
            }
        }
        return "";
    }

    private static boolean belongs(Element input) {
        if (!bound(input).isEmpty()) {
            return true;
        }
        if (input.hasAttr("form")) {
            return input.attr("form").equals(Action.FORM);
        }
        Element form = input.closest("form");
        return form != null && form.id().equals(Action.FORM);
    }

    /** What a browser sends (HTML Living Standard, 4.10.22.4, Constructing the entry list). */
    static List<Field> entries(Document document) {
        List<Field> entries = new ArrayList<>();
        for (Element input : inputs(document)) {
            String type = input.attr("type");
            boolean left = !input.hasAttr("name")
                    || input.hasAttr("disabled")
                    || input.closest("fieldset[disabled]") != null
                    || type.equals("file")
                    || type.equals("submit")
                    || type.equals("button")
                    || isChoice(input) && !input.hasAttr("checked");
            if (left) {
                continue;
            }
            if (input.normalName().equals("select")) {
                options(input).forEach(value -> entries.add(new Field(input.attr("name"), value)));
            } else {
                entries.add(new Field(input.attr("name"), value(input)));
            }
        }
        return entries;
    }

    private static boolean isChoice(Element input) {
        return input.attr("type").equals("checkbox") || input.attr("type").equals("radio");
    }

    private static List<String> options(Element select) {
        List<Element> chosen = select.select("option[selected]").asList();
        if (chosen.isEmpty() && !select.hasAttr("multiple")) {
            chosen = select.select("option").stream().limit(1).toList();
        }
        return chosen.stream().map(TabForm::optionValue).toList();
    }

    private static String optionValue(Element option) {
        return option.hasAttr("value") ? option.attr("value") : option.text();
    }

    /** The value that an input has now; of a choice that is not made: empty. */
    static String value(Element input) {
        return switch (input.normalName()) {
            case "textarea" -> input.wholeText();
            case "select" -> options(input).stream().findFirst().orElse("");
            default -> {
                if (isChoice(input)) {
                    String value = input.hasAttr("value") ? input.attr("value") : "on";
                    yield input.hasAttr("checked") ? value : "";
                }
                yield input.attr("value");
            }
        };
    }

    /** Whether an input can have a value: a choice has it only among its options. */
    static boolean takes(Element input, String value) {
        return !input.normalName().equals("select")
                || input.select("option").stream()
                        .anyMatch(option -> optionValue(option).equals(value));
    }

    /** Gives an input a value, as a user would; one that a user cannot give is an error. */
    static void fill(Element input, String value) {
        switch (input.normalName()) {
            case "textarea" -> input.text(value);
            case "select" -> {
                Element option = input.select("option").stream()
                        .filter(one -> optionValue(one).equals(value))
                        .findFirst()
                        .orElseThrow(() -> new AssertionError("field " + input.attr("name") + ": has no option \""
                                + value + "\", but "
                                + input.select("option").stream()
                                        .map(one -> "\"" + optionValue(one) + "\"")
                                        .collect(Collectors.joining(", "))));
                if (!input.hasAttr("multiple")) {
                    input.select("option").removeAttr("selected");
                }
                option.attr("selected", true);
            }
            default -> {
                switch (input.attr("type")) {
                    case "checkbox" -> input.attr("checked", Boolean.parseBoolean(value));
                    case "radio" -> input.attr("checked", input.attr("value").equals(value));
                    default -> input.attr("value", value);
                }
            }
        }
    }

    /** As {@code application/x-www-form-urlencoded}. */
    static String encoded(List<Field> fields) {
        return fields.stream()
                .map(field -> URLEncoder.encode(field.name(), StandardCharsets.UTF_8) + "="
                        + URLEncoder.encode(field.value(), StandardCharsets.UTF_8))
                .collect(Collectors.joining("&"));
    }

    /**
     * As {@code multipart/form-data} (RFC 7578).
     *
     * @param files by the name of their field
     */
    static byte[] multipart(List<Field> fields, Map<String, List<File>> files) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        fields.forEach(field -> part(
                out, "name=\"" + escaped(field.name()) + "\"", "", field.value().getBytes(StandardCharsets.UTF_8)));
        files.forEach((name, all) -> all.forEach(file -> part(
                out,
                "name=\"" + escaped(name) + "\"; filename=\"" + escaped(file.name) + "\"",
                "Content-Type: " + file.type + "\r\n",
                file.content)));
        out.writeBytes(("--" + BOUNDARY + "--\r\n").getBytes(StandardCharsets.UTF_8));
        return out.toByteArray();
    }

    private static void part(ByteArrayOutputStream out, String disposition, String headers, byte[] content) {
        out.writeBytes(
                ("--" + BOUNDARY + "\r\nContent-Disposition: form-data; " + disposition + "\r\n" + headers + "\r\n")
                        .getBytes(StandardCharsets.UTF_8));
        out.writeBytes(content);
        out.writeBytes("\r\n".getBytes(StandardCharsets.UTF_8));
    }

    private static String escaped(String name) {
        return name.replace("\"", "%22").replace("\r", "%0D").replace("\n", "%0A");
    }
}
