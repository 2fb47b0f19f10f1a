package dev.carillon.stream;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectReader;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.JsonNodeType;
import dev.carillon.base.CarillonException;
import dev.carillon.base.ErrorCode;
import dev.carillon.base.Text;
import dev.carillon.scope.Event;
import dev.carillon.scope.Scope;
import dev.carillon.scope.Tenant;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The body of a broadcast: {@code {"scope": "route:/board"}} or {@code "scopes": […]}, with the optional members {@code type}, {@code data},
 * {@code id}, {@code key} (strings), {@code private}, {@code retain} (booleans) and {@code retry} (milliseconds). Other members are refused: a
 * misspelt {@code private} must not make an event public.
 */
final class BroadcastRequest {
    private static final Set<String> MEMBERS =
            Set.of("scope", "scopes", "type", "data", "id", "key", "private", "retain", "retry");

    private static final ObjectReader READER = JsonMapper.builder()
            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .build()
            .reader();

    private BroadcastRequest() {}

    /** @throws CarillonException {@code invalid-request}, with a message that names the member and the rule */
    static Event parse(byte[] body, Tenant tenant) {
        JsonNode json = read(body);
        for (String name :
                json.propertyStream().map(java.util.Map.Entry::getKey).toList()) {
            if (!MEMBERS.contains(name)) {
                throw invalid("member \"" + Text.printable(name, 50) + "\": is unknown; known members are "
                        + String.join(", ", MEMBERS.stream().sorted().toList()));
            }
        }
        String data = text(json, "data");
        return Event.to(scopes(json))
                .tenant(tenant)
                .type(text(json, "type"))
                .data(data == null ? "" : data)
                .id(text(json, "id"))
                .key(text(json, "key"))
                .isPrivate(isTrue(json, "private"))
                .retain(isTrue(json, "retain"))
                .retryMillis(number(json, "retry"))
                .build();
    }

    private static JsonNode read(byte[] body) {
        try {
            JsonNode json = READER.readTree(body);
            if (json.getNodeType() == JsonNodeType.OBJECT) {
                return json;
            }
        } catch (JsonProcessingException e) {
            var at = e.getLocation();
            throw invalid("is not JSON: " + Text.printable(e.getOriginalMessage(), 150)
                    + (at == null ? "" : " (line " + at.getLineNr() + ", column " + at.getColumnNr() + ")"));
        } catch (IOException e) {
            throw invalid("is not JSON: not in UTF-8");
        }
        throw invalid("must be a JSON object");
    }

    private static List<Scope> scopes(JsonNode json) {
        JsonNode one = json.get("scope");
        JsonNode many = json.get("scopes");
        if ((one == null) == (many == null)) {
            throw invalid("must have either \"scope\" or \"scopes\"");
        }
        if (one != null) {
            if (!one.isTextual()) {
                throw invalid("member \"scope\": must be a string");
            }
            return List.of(Scope.parse(one.textValue()));
        }
        if (!many.isArray() || many.isEmpty() || many.size() > Event.MAX_SCOPES) {
            throw invalid("member \"scopes\": must be a list of 1 to " + Event.MAX_SCOPES + " strings");
        }
        List<Scope> scopes = new ArrayList<>(many.size());
        for (JsonNode item : many) {
            if (!item.isTextual()) {
                throw invalid("member \"scopes\": must hold strings");
            }
            scopes.add(Scope.parse(item.textValue()));
        }
        return scopes;
    }

    private static @Nullable String text(JsonNode json, String name) {
        JsonNode value = json.get(name);
        if (value == null || value.isNull()) {
            return null;
        }
        if (!value.isTextual()) {
            throw invalid("member \"" + name + "\": must be a string");
        }
        return value.textValue();
    }

    private static boolean isTrue(JsonNode json, String name) {
        JsonNode value = json.get(name);
        if (value == null) {
            return false;
        }
        if (!value.isBoolean()) {
            throw invalid("member \"" + name + "\": must be true or false");
        }
        return value.booleanValue();
    }

    private static @Nullable Long number(JsonNode json, String name) {
        JsonNode value = json.get(name);
        if (value == null || value.isNull()) {
            return null;
        }
        if (!value.isIntegralNumber() || !value.canConvertToLong()) {
            throw invalid("member \"" + name + "\": must be a whole number");
        }
        return value.longValue();
    }

    private static CarillonException invalid(String problem) {
        return new CarillonException(ErrorCode.INVALID_REQUEST, "body: " + problem);
    }
}
