package dev.carillon.junit.pages;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.BooleanNode;
import com.fasterxml.jackson.databind.node.DoubleNode;
import com.fasterxml.jackson.databind.node.LongNode;
import com.fasterxml.jackson.databind.node.NullNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jsoup.nodes.Document;
import org.jsoup.nodes.Element;

/** The signals of a document, and the fields that are bound to them. */
final class DatastarSignals {
    private static final String CLIENT_ONLY = "_";

    private final Document document;
    private final ObjectNode values;

    /** @param json of the signals that the page declares */
    DatastarSignals(Document document, String json) {
        this.document = document;
        this.values = TabDocument.json(json) instanceof ObjectNode object ? object : TabDocument.object();
    }

    /** Takes what the user has typed. */
    void read() {
        for (Element field : bound()) {
            String[] path = path(field);
            JsonNode known = get(path);
            boolean unchosen = field.attr("type").equals("radio") && !field.hasAttr("checked");
            if (!known.isArray() && !unchosen) {
                parent(path).set(path[path.length - 1], value(field, known));
            }
        }
    }

    /** The value of a field has the type of the signal, as Datastar has it. */
    private static JsonNode value(Element field, JsonNode known) {
        String text = TabForm.value(field);
        if (known.isBoolean()) {
            return BooleanNode.valueOf(
                    field.attr("type").equals("checkbox") ? field.hasAttr("checked") : text.equals("true"));
        }
        return known.isNumber() ? number(text) : TextNode.valueOf(text);
    }

    private static JsonNode number(String text) {
        try {
            return text.isBlank() ? LongNode.valueOf(0) : LongNode.valueOf(Long.parseLong(text.strip()));
        } catch (NumberFormatException e) {
            return decimal(text);
        }
    }

    private static JsonNode decimal(String text) {
        try {
            return DoubleNode.valueOf(Double.parseDouble(text));
        } catch (NumberFormatException e) {
            return NullNode.getInstance();
        }
    }

    /** Gives the fields the values of their signals. */
    void bind() {
        for (Element field : bound()) {
            JsonNode value = get(path(field));
            if (value.isValueNode() && TabForm.takes(field, value.asText())) {
                TabForm.fill(field, value.asText());
            }
        }
    }

    private List<Element> bound() {
        return TabForm.inputs(document).stream()
                .filter(field -> !TabForm.bound(field).isEmpty())
                .filter(field -> !field.attr("type").equals("file"))
                .toList();
    }

    private static String[] path(Element field) {
        return TabForm.bound(field).split("\\.", -1);
    }

    private JsonNode get(String[] path) {
        JsonNode at = values;
        for (String name : path) {
            at = at.path(name);
        }
        return at;
    }

    private ObjectNode parent(String[] path) {
        ObjectNode at = values;
        for (int i = 0; i < path.length - 1; i++) {
            at = at.get(path[i]) instanceof ObjectNode known ? known : at.putObject(path[i]);
        }
        return at;
    }

    /** Changes values (RFC 7396). */
    void merge(ObjectNode changes) {
        merge(values, changes);
    }

    private static void merge(ObjectNode into, ObjectNode changes) {
        for (Map.Entry<String, JsonNode> change : changes.properties()) {
            JsonNode value = change.getValue();
            if (value.isNull()) {
                into.remove(change.getKey());
            } else if (value instanceof ObjectNode object) {
                merge(
                        into.get(change.getKey()) instanceof ObjectNode known ? known : into.putObject(change.getKey()),
                        object);
            } else {
                into.set(change.getKey(), value);
            }
        }
    }

    /** As JSON, without those that only the browser knows. */
    String sent() {
        ObjectNode all = values.deepCopy();
        removeOwn(all);
        return all.toString();
    }

    private static void removeOwn(ObjectNode object) {
        List<String> own = new ArrayList<>();
        object.properties().forEach(property -> {
            if (property.getKey().startsWith(CLIENT_ONLY)) {
                own.add(property.getKey());
            } else if (property.getValue() instanceof ObjectNode inner) {
                removeOwn(inner);
            }
        });
        object.remove(own);
    }
}
