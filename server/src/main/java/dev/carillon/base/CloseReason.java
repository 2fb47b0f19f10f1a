package dev.carillon.base;

/**
 * Why a connection was closed. The code is the same in the event {@code carillon.close} of an event stream, in the close frame of a WebSocket, in
 * the metric {@code carillon_connections_closed_total} and in logs.
 */
public enum CloseReason {
    /** The client closed the connection, or it broke. */
    CLIENT_LEFT("client-left", 1000),
    /** The outbox was full, or the client did not read replayed events. */
    SLOW("slow", 1008),
    /** The I/O thread of the connection could not keep up with the events of the node. */
    OVERRUN("overrun", 1013),
    /** The token has expired (3000 is registered as Unauthorized). */
    EXPIRED("expired", 3000),
    /** The client sent no valid token in time. */
    UNAUTHENTICATED("unauthenticated", 3000),
    /** The client left two pings unanswered (3008 is registered as Timeout). */
    PING_TIMEOUT("ping-timeout", 3008),
    /** The token, its user or the session was revoked (3003 is registered as Forbidden). */
    REVOKED("revoked", 3003),
    /** The node drains. */
    DRAINING("draining", 1012),
    /** The client should move to another node, which has fewer clients. */
    REBALANCED("rebalanced", 1012),
    /** The node stops. */
    STOPPING("stopping", 1012),
    /** The node accepts no connections at the moment, or its broker did not answer while the connection was opened. */
    UNAVAILABLE("unavailable", 1013),
    /** The node has no memory left for the request of the connection. */
    OVERLOADED("overloaded", 1013),
    /** An operator closed the connection. */
    DISCONNECTED("disconnected", 4000),
    /** An operator closed the connections that match criteria. */
    CLOSED_BY_OPERATOR("closed-by-operator", 4001),
    /** The client violated the WebSocket protocol. */
    PROTOCOL_ERROR("protocol-error", 1002),
    /** The application closed the connection. */
    APPLICATION("application", 1000),
    /** An error of the node. */
    FAILED("failed", 1011);

    private final String code;
    private final int webSocketStatus;

    CloseReason(String code, int webSocketStatus) {
        this.code = code;
        this.webSocketStatus = webSocketStatus;
    }

    /** Stable name: lower case with hyphens. */
    public String code() {
        return code;
    }

    /** Status code of the close frame (RFC 6455, section 7.4, and IANA's registry); codes from 4000 are private to Carillon. */
    public int webSocketStatus() {
        return webSocketStatus;
    }
}
