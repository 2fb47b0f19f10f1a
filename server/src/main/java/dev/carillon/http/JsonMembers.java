package dev.carillon.http;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectReader;
import com.fasterxml.jackson.databind.cfg.JsonNodeFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.carillon.base.CarillonException;
import dev.carillon.base.ErrorCode;
import dev.carillon.base.Text;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The members of a JSON object that a client sent. Every method throws {@link CarillonException} {@code invalid-request} with a message that names the
 * member and the rule.
 *
 * @param where the place of the object in messages, such as {@code body}
 */
public record JsonMembers(String where, ObjectNode json) {
    private static final int MAX_SHOWN = 50;
    private static final int MAX_SHOWN_PROBLEM = 150;

    private static final ObjectReader READER = JsonMapper.builder()
            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            // Values that are passed on keep their digits.
            .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
            .disable(JsonNodeFeature.STRIP_TRAILING_BIGDECIMAL_ZEROES)
            .build()
            .reader();

    /** Reads a whole text. */
    public static JsonMembers of(String where, byte[] utf8) {
        return read(where, () -> READER.readTree(utf8));
    }

    public static JsonMembers of(String where, String text) {
        return read(where, () -> READER.readTree(text));
    }

    /**
     * Reads a list of objects.
     *
     * @param max maximum number of objects
     * @return in order, each with its number, from 1, as the place
     */
    public static List<JsonMembers> listOf(String where, byte[] utf8, int max) {
        if (!(tree(where, () -> READER.readTree(utf8)) instanceof ArrayNode list)) {
            throw problem(where, "must be a list of JSON objects");
        }
        if (list.isEmpty() || list.size() > max) {
            throw problem(where, "must have 1 to " + max + " items, but has " + list.size());
        }
        List<JsonMembers> items = new ArrayList<>(list.size());
        for (JsonNode each : list) {
            String place = "item " + (items.size() + 1);
            if (!(each instanceof ObjectNode object)) {
                throw problem(place, "must be a JSON object");
            }
            items.add(new JsonMembers(place, object));
        }
        return items;
    }

    @FunctionalInterface
    private interface Source {
        JsonNode tree() throws IOException;
    }

    private static JsonMembers read(String where, Source source) {
        if (tree(where, source) instanceof ObjectNode object) {
            return new JsonMembers(where, object);
        }
        throw problem(where, "must be a JSON object");
    }

    private static JsonNode tree(String where, Source source) {
        try {
            return source.tree();
        } catch (JsonProcessingException e) {
            var at = e.getLocation();
            throw problem(
                    where,
                    "is not JSON: " + Text.printable(e.getOriginalMessage(), MAX_SHOWN_PROBLEM)
                            + (at == null ? "" : " (line " + at.getLineNr() + ", column " + at.getColumnNr() + ")"));
        } catch (IOException e) {
            throw problem(where, "is not JSON: not in UTF-8");
        }
    }

    /** Refuses members with other names: a misspelt {@code private} must not make an event public. */
    public void requireOnly(Collection<String> known) {
        for (String name : json.propertyStream().map(Map.Entry::getKey).toList()) {
            if (!known.contains(name)) {
                throw invalid("member \"" + Text.printable(name, MAX_SHOWN) + "\": is unknown; known members are "
                        + String.join(", ", known.stream().sorted().toList()));
            }
        }
    }

    public boolean has(String name) {
        return json.has(name);
    }

    public @Nullable String text(String name) {
        JsonNode value = json.get(name);
        if (value == null || value.isNull()) {
            return null;
        }
        if (!value.isTextual()) {
            throw invalid(name, "must be a string");
        }
        return value.textValue();
    }

    public String required(String name) {
        String text = text(name);
        if (text == null) {
            throw invalid(name, "is required");
        }
        return text;
    }

    /** A list of strings; empty if the member is missing. */
    public <T> List<T> list(String name, int min, int max, Function<String, T> item) {
        JsonNode value = json.get(name);
        if (value == null) {
            return List.of();
        }
        if (!value.isArray() || value.size() < min || value.size() > max) {
            throw invalid(name, "must be a list of " + min + " to " + max + " strings");
        }
        List<T> items = new ArrayList<>(value.size());
        for (JsonNode each : value) {
            if (!each.isTextual()) {
                throw invalid(name, "must hold strings");
            }
            items.add(item.apply(each.textValue()));
        }
        return items;
    }

    /** The value of a member of any type; null: the member is missing. */
    public @Nullable JsonNode value(String name) {
        return json.get(name);
    }

    /** An object whose members are strings; empty if the member is missing. */
    public Map<String, String> strings(String name) {
        JsonNode value = json.get(name);
        if (value == null) {
            return Map.of();
        }
        if (!value.isObject()) {
            throw invalid(name, "must be an object");
        }
        Map<String, String> strings = new LinkedHashMap<>();
        value.properties().forEach(each -> {
            if (!each.getValue().isTextual()) {
                throw invalid(name, "must hold strings");
            }
            strings.put(each.getKey(), each.getValue().textValue());
        });
        return strings;
    }

    public boolean isTrue(String name) {
        JsonNode value = json.get(name);
        if (value == null) {
            return false;
        }
        if (!value.isBoolean()) {
            throw invalid(name, "must be true or false");
        }
        return value.booleanValue();
    }

    public @Nullable Long number(String name) {
        JsonNode value = json.get(name);
        if (value == null || value.isNull()) {
            return null;
        }
        if (!value.isIntegralNumber() || !value.canConvertToLong()) {
            throw invalid(name, "must be a whole number");
        }
        return value.longValue();
    }

    public CarillonException invalid(String member, String rule) {
        return invalid("member \"" + member + "\": " + rule);
    }

    public CarillonException invalid(String problem) {
        return problem(where, problem);
    }

    private static CarillonException problem(String where, String problem) {
        return new CarillonException(ErrorCode.INVALID_REQUEST, where + ": " + problem);
    }
}
