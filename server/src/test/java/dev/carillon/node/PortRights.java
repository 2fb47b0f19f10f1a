package dev.carillon.node;

import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Collectors;

/** What operators and other nodes may do, and no client, on each port: the status of each answer. */
final class PortRights {
    /** In place of the id of a context that has a connection. */
    static final String CONTEXT = "CONTEXT";

    /** Who asks. */
    enum Caller {
        NO_TOKEN("no token"),
        EVERYTHING("client, everything"),
        BROADCASTS_A("broadcasts topic:a"),
        HUB_PUBLISHES_A("hub: publishes a"),
        OPERATOR("operator"),
        OTHER_OPERATOR("operator, wrong token"),
        OPERATORS_PAGE("operator, page of another site"),
        SIGNED("signed call"),
        REPLAYED("signed, sent again"),
        STALE("signed 31 s ago"),
        AHEAD("signed 31 s ahead"),
        OTHER_NODE("signed for another node"),
        OTHER_GENERATION("signed for another generation"),
        OTHER_BODY("signed for another body"),
        OTHER_PATH("signed for another path"),
        OTHER_SECRET("signed with another secret");

        private final String title;

        Caller(String title) {
            this.title = title;
        }

        String title() {
            return title;
        }
    }

    /** @param request as {@link RightsRequest#of} takes it, with the port before the path: none, {@code admin:} or {@code internal:} */
    record Row(String request, Map<Caller, String> cells) {
        String cell(Caller caller) {
            return Objects.requireNonNull(cells.get(caller));
        }

        int port(Node node) {
            return request.contains(" admin:")
                    ? node.adminPort()
                    : request.contains(" internal:") ? node.internalPort() : node.port();
        }

        /** Method, port and path. */
        String route() {
            String[] parts = request.split(" ", 3);
            return parts[0] + " "
                    + parts[1].replaceFirst("\\?.*", "").replaceFirst("/contexts/" + CONTEXT + "$", "/contexts/{id}");
        }

        private static Row of(String line) {
            int bar = line.lastIndexOf(" | ");
            List<String> given = List.of(line.substring(bar + 3).strip().split(" +"));
            boolean same = given.size() == 1;
            if (!same && given.size() != Caller.values().length) {
                throw new AssertionError("a cell for each caller: " + line);
            }
            Map<Caller, String> cells = new EnumMap<>(Caller.class);
            for (Caller caller : Caller.values()) {
                cells.put(caller, same ? given.getFirst() : given.get(cells.size()));
            }
            return new Row(line.substring(0, bar).strip(), cells);
        }
    }

    /** In the order of the callers; one status where it is the same for all. */
    private static final String TABLE = """
            GET /events?topic=a | 401 200 200 200 401 401 401 401 401 401 401 401 401 401 401 401
            POST /broadcast {"scope":"topic:a","data":"x"} | 401 200 200 403 401 401 401 401 401 401 401 401 401 401 401 401
            DELETE /contexts/CONTEXT | 404
            GET /_health/cluster | 404
            POST /_cluster/health | 404
            POST /_cluster/control {"version":1,"type":"disconnect","tenant":"default","context":"CONTEXT"} | 404
            GET admin:/health | 200
            GET admin:/_health/cluster | 200
            GET admin:/metrics | 200
            DELETE admin:/contexts/CONTEXT | 401 401 401 401 200 401 403 401 401 401 401 401 401 401 401 401
            DELETE admin:/contexts/CONTEXT?tenant=acme | 401 401 401 401 404 401 403 401 401 401 401 401 401 401 401 401
            DELETE admin:/contexts/CONTEXT?tenant=_system | 401 401 401 401 400 401 403 401 401 401 401 401 401 401 401 401
            POST admin:/_cluster/health | 404
            POST admin:/_cluster/control {"version":1,"type":"disconnect","tenant":"default","context":"CONTEXT"} | 404
            POST internal:/_cluster/health | 403 403 403 403 403 403 403 200 403 403 403 421 421 403 403 403
            POST internal:/_cluster/control {"version":1,"type":"disconnect","tenant":"default","context":"CONTEXT"} | 403 403 403 403 403 403 403 200 403 403 403 421 421 403 403 403
            POST internal:/_cluster/control {"version":1,"type":"dance"} | 403 403 403 403 403 403 403 400 403 403 403 421 421 403 403 403
            GET internal:/_health | 404
            GET internal:/health | 404
            GET internal:/metrics | 404
            GET internal:/events?topic=a | 404
            POST internal:/broadcast {"scope":"topic:a","data":"x"} | 404
            DELETE internal:/contexts/CONTEXT | 404
            """;

    static final List<Row> ROWS = TABLE.lines().map(Row::of).toList();

    private PortRights() {}

    /** For the page of the threat model. */
    static String markdown() {
        String head = "| request | "
                + Arrays.stream(Caller.values()).map(Caller::title).collect(Collectors.joining(" | ")) + " |\n| --- |"
                + " --- |".repeat(Caller.values().length) + "\n";
        return head
                + ROWS.stream()
                        .map(row -> "| `" + row.request() + "` | "
                                + String.join(" | ", row.cells().values()) + " |\n")
                        .collect(Collectors.joining());
    }
}
