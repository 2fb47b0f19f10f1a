package dev.carillon.cli.token;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.carillon.base.CarillonException;
import dev.carillon.base.Text;
import dev.carillon.scope.Scope;
import java.nio.charset.StandardCharsets;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Optional;

/**
 * The readable parts of a token, which need not be right in any way.
 *
 * @param parts number of parts between dots; a signed token has three
 * @param header empty: it is no JSON object
 * @param claims likewise
 */
record TokenParts(int parts, Optional<JsonNode> header, Optional<JsonNode> claims) {
    private static final JsonMapper MAPPER = new JsonMapper();
    static final int MAX_LENGTH = 16_384;
    private static final int SHOWN = 300;
    /** In seconds it is in the year 5138. */
    private static final long SURELY_MILLIS = 100_000_000_000L;

    private static final List<String> OF_CARILLON = List.of("broadcast", "read", "tenant", "user_data");
    private static final List<String> OF_MERCURE = List.of("publish", "subscribe");

    static TokenParts of(String token) {
        if (token.length() > MAX_LENGTH) {
            return new TokenParts(0, Optional.empty(), Optional.empty());
        }
        String[] parts = token.split("\\.", -1);
        return new TokenParts(parts.length, json(parts[0]), parts.length < 2 ? Optional.empty() : json(parts[1]));
    }

    private static Optional<JsonNode> json(String part) {
        try {
            byte[] bytes = Base64.getUrlDecoder().decode(part);
            JsonNode node = MAPPER.readTree(new String(bytes, StandardCharsets.UTF_8));
            return Optional.ofNullable(node).filter(JsonNode::isObject);
        } catch (IllegalArgumentException | JsonProcessingException e) {
            return Optional.empty();
        }
    }

    boolean isWhole() {
        return parts == 3 && header.isPresent() && claims.isPresent();
    }

    String text(JsonNode of, String name, String absent) {
        JsonNode value = of.path(name);
        return value.isMissingNode() ? absent : shown(value);
    }

    String list(JsonNode of, String name, String absent) {
        JsonNode value = of.path(name);
        if (value.isMissingNode() || value.isArray() && value.isEmpty()) {
            return absent;
        }
        if (!value.isArray()) {
            return shown(value) + ", which is no list";
        }
        List<String> all = new ArrayList<>();
        value.forEach(one -> all.add(one.isTextual() ? one.asText() : one.toString()));
        return Text.printable(String.join(", ", all), SHOWN);
    }

    private static String shown(JsonNode value) {
        return Text.printable(value.isTextual() ? value.asText() : value.toString(), SHOWN);
    }

    /** Empty: it is no number of seconds. */
    static Optional<Instant> instant(JsonNode value) {
        try {
            return value.isNumber() ? Optional.of(Instant.ofEpochSecond(value.asLong())) : Optional.empty();
        } catch (DateTimeException e) {
            return Optional.empty();
        }
    }

    /** Common mistakes, each with what to do. */
    List<String> mistakes() {
        List<String> found = new ArrayList<>();
        if (parts != 3) {
            found.add(
                    parts == 0
                            ? "it is longer than " + MAX_LENGTH + " characters, the maximum"
                            : "a token has three parts with dots between them, and this text has " + parts
                                    + ": was it cut off, or is it another text?");
        } else if (header.isEmpty() || claims.isEmpty()) {
            found.add("its " + (header.isEmpty() ? "first" : "second")
                    + " part is no JSON object in Base64url: was it changed on its way?");
        }
        claims.ifPresent(all -> {
            times(all, found);
            members(all, found);
        });
        return found;
    }

    private static void times(JsonNode all, List<String> found) {
        for (String name : List.of("exp", "nbf", "iat")) {
            if (all.path(name).isTextual()) {
                found.add("claim " + name + " is a text: it must be a number of seconds since 1970");
            } else if (all.path(name).asLong() >= SURELY_MILLIS) {
                found.add("claim " + name + " looks like milliseconds: it must be in seconds since 1970");
            }
        }
        if (all.path("exp").isMissingNode()) {
            found.add("it never expires: give it an exp, as a token cannot be taken back without a revocation");
        }
    }

    private static void members(JsonNode all, List<String> found) {
        for (String name : OF_CARILLON) {
            if (all.has(name)) {
                found.add("claim " + name + " is not read: it belongs inside of the claim carillon");
            }
        }
        for (String name : OF_MERCURE) {
            if (all.has(name)) {
                found.add("claim " + name + " is not read: it belongs inside of the claim mercure");
            }
            if (all.path("carillon").has(name)) {
                found.add("claim carillon." + name + " is not read: at the hub it is mercure." + name
                        + ", and here it is carillon." + (name.equals("publish") ? "broadcast" : "read"));
            }
        }
        for (String name : List.of("broadcast", "read")) {
            all.path("carillon").path(name).forEach(selector -> {
                if (selector.isTextual()) {
                    fruitless(name, selector.asText(), found);
                }
            });
        }
        all.path("carillon").fieldNames().forEachRemaining(name -> {
            if (!OF_CARILLON.contains(name) && !OF_MERCURE.contains(name)) {
                found.add("claim carillon." + Text.printable(name, 40) + " is not read");
            }
        });
    }

    /** A selector that matches no scope. */
    private static void fruitless(String name, String selector, List<String> found) {
        int star = selector.indexOf('*');
        try {
            // Any name will do for the rest.
            Scope.parse(star < 0 ? selector : selector.substring(0, star) + "/");
        } catch (CarillonException e) {
            if (star < 0 || selector.lastIndexOf(':', star) > 0) {
                found.add("claim carillon." + name + ": " + Text.printable(selector, 40) + " matches no scope: "
                        + String.valueOf(e.getMessage()).replaceFirst("(?s)^scope \".*\": ", ""));
            }
        }
    }
}
