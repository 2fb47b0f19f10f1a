package dev.carillon.cli.events;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.carillon.base.Text;
import dev.carillon.cli.base.CommandException;
import java.io.IOException;
import java.io.PrintStream;
import java.util.stream.Collectors;
import java.util.stream.StreamSupport;

/** Prints the events of a tail, one line each, up to a number of events. */
final class TailLines {
    private static final int MAX_DATA = 120;
    private static final int MAX_NAMES = 200;
    private static final JsonMapper JSON = new JsonMapper();

    private final PrintStream out;
    private final boolean json;
    private int left;

    /**
     * @param json whether the JSON of the node is printed as it is
     * @param count number of events
     */
    TailLines(PrintStream out, boolean json, int count) {
        this.out = out;
        this.json = json;
        this.left = count;
    }

    /** Whether all events were printed. */
    boolean isComplete() {
        return left <= 0;
    }

    void print(String text) {
        JsonNode each;
        try {
            each = JSON.readTree(text);
        } catch (IOException e) {
            throw CommandException.failed("the node sent a line that is not JSON: " + Text.printable(text, MAX_DATA));
        }
        if (each.has("id")) {
            left--;
        }
        out.println(json ? text : line(each));
    }

    /** The connection was lost and opened again. */
    void reconnected() {
        out.println(
                json
                        ? JSON.createObjectNode().put("gap", "reconnected").toString()
                        : "-- reconnected: events may be missing");
    }

    private static String line(JsonNode each) {
        if (each.has("left_out")) {
            return "-- " + each.path("left_out").asLong() + " events left out: the reader is too slow";
        }
        if (!each.has("id")) {
            return "-- gap: " + Text.printable(each.path("gap").asText(), MAX_NAMES) + ": events are missing";
        }
        String scopes = StreamSupport.stream(each.path("scopes").spliterator(), false)
                .map(JsonNode::asText)
                .collect(Collectors.joining(","));
        JsonNode data = each.path("data");
        return each.path("time").asText() + " " + Text.printable(scopes, MAX_NAMES) + " "
                + Text.printable(each.path("type").asText("-"), MAX_NAMES) + " "
                + Text.printable(each.path("id").asText(), MAX_NAMES) + " "
                + (data.isTextual()
                        ? Text.printable(data.asText(), MAX_DATA)
                        : "(private, " + each.path("bytes").asInt() + " bytes)");
    }
}
