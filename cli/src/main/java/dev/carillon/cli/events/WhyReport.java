package dev.carillon.cli.events;

import com.fasterxml.jackson.databind.JsonNode;
import dev.carillon.base.Text;
import java.io.PrintStream;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.StreamSupport;

/** What a cluster knows of an event, as lines of text. */
final class WhyReport {
    private static final int MAX_TEXT = 300;

    private final JsonNode answer;

    /** @param answer of {@code GET /admin/why} */
    WhyReport(JsonNode answer) {
        this.answer = answer;
    }

    void print(PrintStream out) {
        printEvent(out);
        printBroadcast(out);
        answer.path("nodes").forEach(node -> out.println(line(node)));
        answer.path("unreachable")
                .forEach(node -> out.println(
                        "node " + text(node, "node") + ": unknown, it did not answer (" + text(node, "code") + ")"));
        answer.path("connections").forEach(connection -> out.println("  " + connection(connection)));
        if (truncated()) {
            out.println("  more connections are not shown; name a client to see it");
        }
        JsonNode client = answer.path("client");
        if (client.isObject()) {
            out.println("verdict: " + text(client, "verdict") + ": " + text(client, "text"));
            if (!text(client, "advice").isEmpty()) {
                out.println("what to do: " + text(client, "advice"));
            }
        }
    }

    private void printEvent(PrintStream out) {
        JsonNode event = answer.path("event");
        List<String> facts = new ArrayList<>();
        facts.add("tenant " + text(event, "tenant"));
        if (event.has("type")) {
            facts.add("type " + text(event, "type"));
        }
        if (event.has("epoch")) {
            facts.add("position " + text(event, "epoch") + ":" + text(event, "sequence"));
        }
        if (event.has("bytes")) {
            facts.add(text(event, "bytes") + " bytes");
        }
        if (event.has("private")) {
            facts.add(event.path("private").asBoolean() ? "private" : "public");
        }
        if (!event.path("in_log").asBoolean()) {
            facts.add(
                    answer.path("log").asText().equals("read") ? "no longer in the log" : "the log cannot be read now");
        }
        out.println("event " + text(event, "id") + ": " + String.join(", ", facts));
        String scopes = StreamSupport.stream(event.path("scopes").spliterator(), false)
                .map(JsonNode::asText)
                .collect(Collectors.joining(", "));
        if (!scopes.isEmpty()) {
            out.println("scopes: " + Text.printable(scopes, MAX_TEXT));
        }
        int same = answer.path("same_id").asInt();
        if (same > 1) {
            out.println("the log has " + same + " events with this id; this is the last");
        }
    }

    private void printBroadcast(PrintStream out) {
        JsonNode broadcast = answer.path("broadcast");
        if (broadcast.isObject()) {
            out.println("broadcast: " + text(broadcast, "time") + " at node " + text(broadcast, "node") + " by "
                    + text(broadcast, "by") + "; in the log after " + text(broadcast, "append_millis") + " ms");
        } else {
            out.println("broadcast: no node remembers by whom");
        }
    }

    private static String line(JsonNode node) {
        StringBuilder line =
                new StringBuilder("node ").append(text(node, "node")).append(": ");
        if (!node.has("known_since")) {
            return line.append("unknown, its answer cannot be read").toString();
        }
        if (node.has("received")) {
            line.append("received ").append(text(node, "received"));
            if (text(node, "received_by").equals("log")) {
                line.append(" from the log, to fill a gap");
            }
        } else {
            line.append(
                    node.path("recording").asBoolean()
                            ? "no record of its arrival since " + text(node, "known_since")
                            : "records nothing (why-events=0)");
        }
        String counts = node.path("counts").properties().stream()
                .map(count -> count.getValue().asInt() + " " + Text.printable(count.getKey(), MAX_TEXT))
                .collect(Collectors.joining(", "));
        line.append("; connections: ").append(counts.isEmpty() ? "none" : counts);
        node.path("losses")
                .forEach(loss -> line.append("; told its clients a gap at ")
                        .append(text(loss, "time"))
                        .append(" (")
                        .append(text(loss, "reason"))
                        .append(')'));
        return line.toString();
    }

    private static String connection(JsonNode connection) {
        List<String> who = new ArrayList<>();
        who.add(text(connection, "transport"));
        for (String name : List.of("user", "context", "label")) {
            if (connection.has(name)) {
                who.add(name + " " + text(connection, name));
            }
        }
        who.add("opened " + text(connection, "opened"));
        if (connection.has("closed")) {
            who.add("closed " + text(connection, "closed") + " (" + text(connection, "reason") + ")");
        }
        return text(connection, "verdict") + " at node " + text(connection, "node") + ": " + String.join(", ", who)
                + (connection.has("at") ? ", at " + text(connection, "at") : "")
                + (connection.has("note") ? "; " + text(connection, "note") : "");
    }

    private boolean truncated() {
        return StreamSupport.stream(answer.path("nodes").spliterator(), false)
                .anyMatch(node -> node.path("truncated").asBoolean());
    }

    private static String text(JsonNode of, String member) {
        return Text.printable(of.path(member).asText(), MAX_TEXT);
    }
}
