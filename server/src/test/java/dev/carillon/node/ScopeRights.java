package dev.carillon.node;

import java.util.EnumMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Stream;

/**
 * What clients may do with each kind of scope, whatever authorizer gave them these grants. Letters of a cell:
 *
 * <ul>
 *   <li>{@code e}: receives the event of the row over {@code /events}, which it opened with {@code topic:a} and {@code route:/r}
 *   <li>{@code w}: receives it over {@code /ws}, opened in the same way by another browser
 *   <li>{@code h}: finds it by {@code /history} of the scope, with the cookie of its event stream
 *   <li>{@code p}: gets the position of the scope, in its own tenant
 *   <li>{@code b}: may broadcast such an event, in its own tenant
 *   <li>{@code m}: sees the users of the scope in the tenant of the row by {@code /presence}
 * </ul>
 */
final class ScopeRights {
    /** What gives the grants. */
    enum Kind {
        JWT,
        HTTP,
        JAVA
    }

    /** A column. */
    enum Client {
        /** A user without grants. */
        ANN("acme", "ann", "", ""),
        READER("acme", "rea", "topic:a route:/r", ""),
        BACKEND("acme", "backend", "", "topic:a route:/r global user:ann session:* tab:*"),
        OPERATOR("acme", "op", "*", "* system"),
        /** The application is asked about each scope and event; not with JWT. */
        ASKED("acme", "asked", "", ""),
        /** A user of the same name in another tenant. */
        OTHER("other", "ann", "*", "*");

        private final String tenant;
        private final String user;
        private final String read;
        private final String broadcast;

        Client(String tenant, String user, String read, String broadcast) {
            this.tenant = tenant;
            this.user = user;
            this.read = read;
            this.broadcast = broadcast;
        }

        String tenant() {
            return tenant;
        }

        String user() {
            return user;
        }

        List<String> read() {
            return words(read);
        }

        List<String> broadcast() {
            return words(broadcast);
        }
    }

    private static List<String> words(String text) {
        return Stream.of(text.split(" ", -1)).filter(word -> !word.isEmpty()).toList();
    }

    /** What the application answers about {@link Client#ASKED}. */
    static final Set<String> ASKED_READ = Set.of("topic:a", "route:/r");

    static final Set<String> ASKED_BROADCAST = Set.of("topic:a");

    // ANN is the context or session of the event stream of Ann.
    //                                        ANN     READER  BACKEND OPERATOR ASKED  OTHER
    static final List<Row> ROWS = """
            topic:a                         | ewhp--  ewhp-m  ewhpb-  ewhpbm  ewhpbm  ---pb-
            topic:a private                 | ---p--  ewhp-m  ---pb-  ewhpbm  ewhpbm  ---pb-
            topic:a readers=ann             | ewhp--  ---p-m  ---pb-  ---pbm  ---pbm  ---pb-
            topic:b                         | --hp--  --hp--  --hp--  --hpb-  ------  ---pb-
            topic:b private                 | ---p--  ---p--  ---p--  --hpb-  ------  ---pb-
            route:/r                        | ewhp-m  ewhp-m  ewhpbm  ewhpbm  ewhp-m  ---pb-
            route:/r private                | ---p-m  ewhp-m  ---pbm  ewhpbm  ewhp-m  ---pb-
            global                          | ewhp-m  ewhp-m  ewhpbm  ewhpbm  ewhp-m  ---pb-
            global private                  | ---p-m  ---p-m  ---pbm  ewhpbm  ---p-m  ---pb-
            user:ann                        | ewhp--  ------  ----b-  --hpb-  ------  ---pb-
            user:bob                        | ------  ------  ------  --hpb-  ------  ---pb-
            session:ANN                     | e-hp--  ------  ----b-  --hpb-  ------  ---pb-
            tab:ANN                         | e-----  ------  ----b-  --hpb-  ------  ---pb-
            system                          | ew----  ew----  ew----  ew--b-  ew----  ew----
            topic:a tenant=other            | ---p--  ---p--  ---pb-  ---pb-  ---pb-  ewhpbm
            user:ann tenant=other           | ---p--  ------  ----b-  ---pb-  ------  ewhpb-
            """.lines().map(Row::parse).toList();

    /** @param name also the data of the event */
    record Row(
            String name,
            String scope,
            String tenant,
            boolean isPrivate,
            List<String> readers,
            Map<Client, String> cells) {
        private static Row parse(String line) {
            int bar = line.indexOf('|');
            String name = line.substring(0, bar).strip();
            List<String> words = words(name);
            Iterator<String> letters = words(line.substring(bar + 1)).iterator();
            Map<Client, String> cells = new EnumMap<>(Client.class);
            for (Client client : Client.values()) {
                cells.put(client, letters.next());
            }
            return new Row(
                    name,
                    words.getFirst(),
                    words.contains("tenant=other") ? "other" : "acme",
                    words.contains("private"),
                    words.contains("readers=ann") ? List.of("ann") : List.of(),
                    cells);
        }

        String cell(Client client) {
            return Objects.requireNonNull(cells.get(client));
        }
    }

    private ScopeRights() {}
}
