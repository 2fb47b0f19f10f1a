package dev.carillon.lab.load;

import dev.carillon.lab.fleet.Fleet;
import java.net.InetSocketAddress;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * How clients and broadcasts reach the nodes, and the scope of a group of clients. The groups are numbered like topics.
 *
 * @param tls TLS of the clients; null: none
 * @param broadcastTo addresses for broadcasts; empty: those of the clients
 * @param broadcastTls TLS of the broadcasts; null: none
 * @param audience scope of a group
 * @param cookies cookies that the clients keep; null: they keep none
 */
public record Access(
        Fleet.@Nullable Tls tls,
        List<InetSocketAddress> broadcastTo,
        Fleet.@Nullable Tls broadcastTls,
        Audience audience,
        @Nullable Cookies cookies) {
    /** To the nodes, without TLS, in topics. */
    public static final Access DIRECT = new Access(null, List.of(), null, Audience.TOPIC, null);

    /** The scope of a group of clients. */
    public enum Audience {
        /** All clients; there is one group. */
        GLOBAL,
        /** The clients of a page. */
        ROUTE,
        /** The clients of a topic. */
        TOPIC,
        /** One client: each has a session of its own. */
        SESSION;

        /** @param name of the group; of a session its public handle */
        String scope(String name) {
            return switch (this) {
                case GLOBAL -> "global";
                case ROUTE -> "route:/" + name;
                case TOPIC -> "topic:" + name;
                case SESSION -> "session:" + name;
            };
        }

        /** The query with which a client of the group connects. */
        String query(String name) {
            return switch (this) {
                case GLOBAL, SESSION -> "";
                case ROUTE -> "?route=/" + name;
                case TOPIC -> "?topic=" + name;
            };
        }
    }

    public Access {
        broadcastTo = List.copyOf(broadcastTo);
    }

    boolean isHttp2() {
        return tls != null && tls.http2();
    }
}
