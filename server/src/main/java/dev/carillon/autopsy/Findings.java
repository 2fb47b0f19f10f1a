package dev.carillon.autopsy;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.carillon.autopsy.Evidence.Finding;
import dev.carillon.base.Text;
import dev.carillon.fanout.ConnectionView;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The verdicts of one node about its connections: counts of all, and a bounded list. Confined to one thread. */
final class Findings {
    static final int MAX_LISTED = 100;
    /** Of all listed connections together, so that they fit into the answer of a call. */
    private static final int MAX_CHARS = 40 * 1024;

    private static final int MAX_NAME_CHARS = 200;

    private final boolean aboutClients;
    private final Evidence evidence;
    private final InstantSource clock;
    private final Map<Verdict, Integer> counts = new EnumMap<>(Verdict.class);
    private final List<ObjectNode> listed = new ArrayList<>();
    private int chars;
    private boolean truncated;

    /** @param aboutClients whether all connections are listed; otherwise only open ones, and those closed ones, whose clients did not receive the event */
    Findings(boolean aboutClients, Evidence evidence, InstantSource clock) {
        this.aboutClients = aboutClients;
        this.evidence = evidence;
        this.clock = clock;
    }

    void count(Verdict verdict, int more) {
        if (more > 0) {
            counts.merge(verdict, more, Integer::sum);
        }
    }

    void add(Finding finding) {
        Verdict verdict = finding.verdict();
        if (!aboutClients && finding.closed() != null && !saysMore(verdict)) {
            return;
        }
        count(verdict, 1);
        if (aboutClients || !verdict.isReceived()) {
            list(described(finding));
        }
    }

    /** Whether a closed connection concerns the event, and not only its scopes. */
    private static boolean saysMore(Verdict verdict) {
        return switch (verdict) {
            case WRITTEN, REPLAYED, GAP_TOLD, DROPPED, REPLACED, NO_HISTORY, LOST_WITH_CONNECTION -> true;
            default -> false;
        };
    }

    private void list(ObjectNode described) {
        int length = Text.utf8Length(described.toString());
        if (listed.size() == MAX_LISTED || chars + length > MAX_CHARS) {
            truncated = true;
        } else {
            chars += length;
            listed.add(described);
        }
    }

    private ObjectNode described(Finding finding) {
        ConnectionView view = finding.view();
        ObjectNode json = JsonNodeFactory.instance.objectNode();
        put(json, "context", view.context());
        put(json, "user", view.grants().user());
        put(json, "session", view.session());
        put(json, "label", view.label());
        json.put("transport", view.transport());
        Records.Closed closed = finding.closed();
        Instant end = closed == null ? clock.instant() : Instant.ofEpochMilli(closed.atMillis());
        json.put("opened", end.minusSeconds(view.ageSeconds()).toString());
        if (closed != null) {
            json.put("closed", end.toString()).put("reason", closed.reason().code());
        }
        json.put("verdict", finding.verdict().code());
        if (finding.atMillis() > 0) {
            json.put("at", Instant.ofEpochMilli(finding.atMillis()).toString());
        }
        put(json, "note", finding.note().isEmpty() ? null : finding.note());
        return json;
    }

    private static void put(ObjectNode json, String name, @Nullable String value) {
        if (value != null) {
            json.put(name, Text.printable(value, MAX_NAME_CHARS));
        }
    }

    void addTo(ObjectNode answer) {
        Arrivals.Arrival arrival = evidence.arrival();
        if (arrival != null) {
            answer.put("received", Instant.ofEpochMilli(arrival.atMillis()).toString())
                    .put("received_by", arrival.filled() ? "log" : "live");
        }
        ArrayNode losses = answer.putArray("losses");
        evidence.lost().stream()
                .limit(MAX_LISTED / 10)
                .forEach(lost -> losses.addObject()
                        .put("time", Instant.ofEpochMilli(lost.atMillis()).toString())
                        .put("reason", lost.reason()));
        ObjectNode counted = answer.putObject("counts");
        counts.forEach((verdict, count) -> counted.put(verdict.code(), count));
        ArrayNode list = answer.putArray("connections");
        listed.forEach(list::add);
        answer.put("truncated", truncated);
    }
}
