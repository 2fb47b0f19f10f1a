package dev.carillon.node;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.carillon.base.Bytes;
import dev.carillon.base.CloseReason;
import dev.carillon.base.Text;
import dev.carillon.broker.Interest;
import dev.carillon.cluster.ConnectionFilter;
import dev.carillon.cluster.ConnectionList;
import dev.carillon.edge.LiteralAddress;
import dev.carillon.fanout.Connection;
import dev.carillon.fanout.FanOut;
import dev.carillon.limits.MemoryBudget;
import dev.carillon.scope.Scope;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.IntSupplier;
import org.jspecify.annotations.Nullable;

/** The connections of this node, for operators: lists them, and closes them. Thread-safe; never blocks. */
final class LocalConnections {
    private static final int MAX_SCOPES = 20;
    private static final int MAX_SCOPE_CHARS = 200;
    private static final int MAX_NAME_CHARS = 200;

    private final FanOut fanOut;
    private final InstantSource clock;

    LocalConnections(FanOut fanOut, InstantSource clock) {
        this.fanOut = fanOut;
        this.clock = clock;
    }

    /** Collects the first connections that match, from the threads of all of them. */
    private final class Listing {
        private final ConnectionFilter filter;
        private final int limit;
        private final AtomicInteger matching = new AtomicInteger();
        // Guarded by found.
        private final List<ObjectNode> found = new ArrayList<>();
        private int chars;

        Listing(ConnectionFilter filter, int limit) {
            this.filter = filter;
            this.limit = limit;
        }

        void visit(Connection connection) {
            if (!matches(filter, connection) || matching.incrementAndGet() > limit) {
                return;
            }
            ObjectNode described = described(connection);
            int length = Text.utf8Length(described.toString());
            synchronized (found) {
                if (chars + length <= ConnectionList.MAX_CHARS) {
                    chars += length;
                    found.add(described);
                }
            }
        }

        ConnectionList list() {
            synchronized (found) {
                return new ConnectionList(matching.get(), found);
            }
        }
    }

    /** At most {@code limit} connections, and {@link ConnectionList#MAX_CHARS}. */
    CompletionStage<ConnectionList> list(ConnectionFilter filter, int limit) {
        Listing listing = new Listing(filter, limit);
        return fanOut.visit(listing::visit).thenApply(x -> listing.list());
    }

    /**
     * Closes the connections that match.
     *
     * @param text for their clients; null: none
     * @param retryMillis supplies the reconnect delay of each
     * @return their number
     */
    CompletionStage<Integer> close(ConnectionFilter filter, @Nullable String text, IntSupplier retryMillis) {
        AtomicInteger closed = new AtomicInteger();
        String notice = text == null
                ? null
                : JsonNodeFactory.instance.objectNode().put("message", text).toString();
        return fanOut.visit(connection -> {
                    if (matches(filter, connection)) {
                        closed.incrementAndGet();
                        byte[] retry = fanOut.retry(connection, retryMillis.getAsInt());
                        connection.end(
                                CloseReason.CLOSED_BY_OPERATOR,
                                notice == null
                                        ? retry
                                        : Bytes.join(retry, connection.notice("carillon.notice", notice)));
                    }
                })
                .thenApply(x -> closed.get());
    }

    private static boolean matches(ConnectionFilter filter, Connection connection) {
        if (filter.tenant() != null
                        && !filter.tenant().equals(connection.grants().tenant())
                || filter.user() != null
                        && !filter.user().equals(connection.grants().user())
                || filter.session() != null && !filter.session().equals(connection.session())
                || filter.label() != null && !filter.label().equals(connection.label())) {
            return false;
        }
        String context = filter.context();
        Scope scope = filter.scope();
        if (context == null && scope == null) {
            return true;
        }
        List<Interest> interests = connection.interests();
        return (scope == null || interests.stream().anyMatch(interest -> scope.equals(interest.scope())))
                && (context == null || context.equals(context(interests)));
    }

    private static @Nullable String context(List<Interest> interests) {
        for (Interest interest : interests) {
            Scope scope = interest.scope();
            if (scope != null && scope.kind() == Scope.Kind.TAB) {
                return scope.name();
            }
        }
        return null;
    }

    private ObjectNode described(Connection connection) {
        ObjectNode json = JsonNodeFactory.instance.objectNode();
        List<Interest> interests = connection.interests();
        put(json, "context", context(interests));
        put(json, "session", connection.session());
        json.put("tenant", connection.grants().tenant().name());
        put(json, "user", connection.grants().user());
        put(json, "label", connection.label());
        json.put("transport", connection.transport());
        json.put("since", clock.instant().minusSeconds(connection.ageSeconds()).toString());
        if (connection.address() != MemoryBudget.NO_ADDRESS) {
            json.put("address", LiteralAddress.text(connection.address()));
        }
        ArrayNode scopes = json.putArray("scopes");
        interests.stream()
                .map(Interest::scope)
                .filter(Objects::nonNull)
                .limit(MAX_SCOPES)
                .forEach(scope -> scopes.add(Text.printable(scope.text(), MAX_SCOPE_CHARS)));
        return json.put("scope_count", interests.size());
    }

    private static void put(ObjectNode json, String name, @Nullable String value) {
        if (value != null) {
            json.put(name, Text.printable(value, MAX_NAME_CHARS));
        }
    }
}
