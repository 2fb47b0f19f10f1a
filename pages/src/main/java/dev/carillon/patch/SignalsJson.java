package dev.carillon.patch;

import java.math.BigDecimal;
import java.util.Map;
import java.util.TreeMap;

/** Signals as one JSON object: those whose names have dots are members of objects inside it. */
public final class SignalsJson {
    private SignalsJson() {}

    /** @throws IllegalArgumentException when a signal has the name of a component */
    public static String write(Patch.Signals signals) {
        return Json.write(tree(signals));
    }

    /** The object as a map, also to add members to it. */
    public static Map<String, Object> tree(Patch.Signals signals) {
        Map<String, Object> root = new TreeMap<>();
        signals.texts()
                .forEach((name, text) -> put(root, name, signals.literals().contains(name) ? literal(text) : text));
        return root;
    }

    private static void put(Map<String, Object> root, String name, Object value) {
        String[] path = name.split("\\.", -1);
        Map<String, Object> members = root;
        for (int i = 0; i < path.length - 1; i++) {
            members = members(members, path[i], name);
        }
        if (members.putIfAbsent(path[path.length - 1], value) != null) {
            throw taken(name);
        }
    }

    @SuppressWarnings("unchecked") // Values that are maps are those of this class.
    private static Map<String, Object> members(Map<String, Object> parent, String step, String name) {
        Object member = parent.computeIfAbsent(step, s -> new TreeMap<String, Object>());
        if (member instanceof Map<?, ?> members) {
            return (Map<String, Object>) members;
        }
        throw taken(name);
    }

    private static IllegalArgumentException taken(String name) {
        return new IllegalArgumentException(
                "input \"" + name + "\": with Datastar, an input and a component of a page cannot have the same name");
    }

    private static Object literal(String text) {
        return switch (text) {
            case "true" -> true;
            case "false" -> false;
            default -> new BigDecimal(text);
        };
    }
}
